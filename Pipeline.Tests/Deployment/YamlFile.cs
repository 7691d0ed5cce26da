using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Pipeline.Tests.Deployment;

/// <summary>A YAML file with its merge keys resolved, looked at by paths.</summary>
internal static class YamlFile
{
    public static IReadOnlyList<YamlNode> Read(string path)
    {
        using var reader = new StreamReader(path);
        var stream = new YamlStream();
        stream.Load(new MergingParser(new Parser(reader)));
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    /// <summary>The node at a path of keys; null where there is none.</summary>
    public static YamlNode? At(this YamlNode node, params string[] keys)
    {
        foreach (string key in keys)
        {
            if (node is not YamlMappingNode map || !map.Children.TryGetValue(new YamlScalarNode(key), out var next))
                return null;
            node = next;
        }

        return node;
    }

    public static string Text(this YamlNode? node) => (node as YamlScalarNode)?.Value ?? "";

    public static IReadOnlyList<YamlNode> Items(this YamlNode? node) => (node as YamlSequenceNode)?.Children.ToArray() ?? [];

    public static IReadOnlyDictionary<string, YamlNode> Map(this YamlNode? node) =>
        (node as YamlMappingNode)?.Children.ToDictionary(entry => entry.Key.Text(), entry => entry.Value) ?? [];
}
