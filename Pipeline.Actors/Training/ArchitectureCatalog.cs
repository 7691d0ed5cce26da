namespace Pipeline.Actors.Training;

/// <summary>The architectures that a task descriptor may name.</summary>
public static class ArchitectureCatalog
{
    public static IReadOnlyList<string> Ids { get; } = ["residual-cnn-small"];

    /// <exception cref="ArgumentException">No such architecture; the message lists those there are.</exception>
    public static IArchitecture Create(string id) => id switch
    {
        "residual-cnn-small" => new ResidualCnnSmall(),
        _ => throw new ArgumentException($"architecture '{id}' is none of: {string.Join(", ", Ids)}", nameof(id)),
    };
}
