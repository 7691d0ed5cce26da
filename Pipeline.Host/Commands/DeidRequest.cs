using Pipeline.Actors.Ingest.Deidentification;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline deid</c> is to do.</summary>
/// <param name="Source">A file or a folder, absolute.</param>
/// <param name="Target">A folder, absolute; made when absent.</param>
/// <param name="DataDirectory">Of the site whose key makes the pseudonyms; null draws a key that nobody keeps.</param>
/// <param name="JsonFile">Null writes none.</param>
public sealed record DeidRequest(string Source, string Target, DeidentificationProfile Profile, string? DataDirectory, string? JsonFile);
