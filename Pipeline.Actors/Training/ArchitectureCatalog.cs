namespace Pipeline.Actors.Training;

/// <summary>The architectures that a task descriptor may name.</summary>
public static class ArchitectureCatalog
{
    private static readonly IReadOnlyDictionary<string, Func<IArchitecture>> ById = new Dictionary<string, Func<IArchitecture>>
    {
        ["residual-cnn-small"] = () => ResidualCnn.Small,
        ["residual-cnn-medium"] = () => ResidualCnn.Medium,
        ["resnet-18"] = () => new ResNet18("resnet-18", 64, 8),
        ["resnet-18-half"] = () => new ResNet18("resnet-18-half", 32, 8),
        ["resnet-18-slim"] = () => new ResNet18("resnet-18-slim", 16, 4),
        ["densenet-small"] = () => new DenseNetSmall(),
    };

    public static IReadOnlyList<string> Ids { get; } = [.. ById.Keys];

    /// <exception cref="ArgumentException">No such architecture; the message lists those there are.</exception>
    public static IArchitecture Create(string id) => ById.TryGetValue(id, out var create)
        ? create()
        : throw new ArgumentException($"architecture '{id}' is none of: {string.Join(", ", Ids)}", nameof(id));
}
