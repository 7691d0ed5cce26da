using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Pipeline.Host.Configuration;

/// <summary>One source of configuration: the embedded reference, a file, or the environment.</summary>
/// <param name="Source">How to name it to a person, given a key.</param>
internal sealed record ConfigurationLayer(Func<string, string> Source, Config Config)
{
    /// <summary>Line of each key, from 1; empty where the source has no lines.</summary>
    public IReadOnlyDictionary<string, int> Lines { get; init; } = new Dictionary<string, int>();

    /// <summary>Where a key stands; null where that is not known.</summary>
    public int? LineOf(string key) => Lines.TryGetValue(key, out int line) ? line : null;

    /// <summary>The value at a path, or null. Objects count; use <see cref="Keys"/> for them.</summary>
    public HoconValue? Find(string path)
    {
        var value = Config.Root;
        foreach (string segment in path.Split('.'))
        {
            if (value is null || !value.IsObject() || !value.GetObject().Items.TryGetValue(segment, out value))
                return null;
        }

        return value;
    }

    /// <summary>Child keys of the object at a path; empty when there is none.</summary>
    public IEnumerable<string> Keys(string path) =>
        (path.Length == 0 ? Config.Root : Find(path)) is { } value && value.IsObject() ? value.GetObject().Items.Keys : [];

    /// <summary>Every leaf under a key with its full path, in which quotes are left out: keys of the actor runtime may have dots of their own.</summary>
    public IEnumerable<(string Key, HoconValue Value)> Values(string root)
    {
        return Find(root) is { } found ? Walk(root, found) : [];

        static IEnumerable<(string Key, HoconValue Value)> Walk(string path, HoconValue value) => value.IsObject()
            ? value.GetObject().Items.SelectMany(item => Walk($"{path}.{item.Key}", item.Value)) : [(path, value)];
    }

    /// <summary>Full paths of every leaf under a path.</summary>
    public IEnumerable<string> Leaves(string path)
    {
        foreach (string key in Keys(path))
        {
            string child = path.Length == 0 ? key : $"{path}.{key}";
            if (Find(child)?.IsObject() == true)
            {
                foreach (string leaf in Leaves(child))
                    yield return leaf;
            }
            else
            {
                yield return child;
            }
        }
    }
}
