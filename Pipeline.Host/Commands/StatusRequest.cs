namespace Pipeline.Host.Commands;

/// <summary>Which running site is asked: by its data directory, or by its status port.</summary>
/// <param name="DataDirectory">Absolute; null where <paramref name="Address"/> is given.</param>
/// <param name="Address">Of the status port.</param>
/// <param name="TokenFile">For the status port.</param>
/// <param name="JsonFile">Also writes the status there; null writes none.</param>
public sealed record StatusRequest(string? DataDirectory, Uri? Address, string? TokenFile, string? JsonFile);
