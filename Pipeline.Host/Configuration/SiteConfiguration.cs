using System.Collections;
using System.Text.RegularExpressions;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Pipeline.Host.Configuration;

/// <summary>A site's settings and the actor runtime's configuration, from the embedded reference, one file and the environment.</summary>
/// <param name="Akka">For <c>ActorSystem.Create</c>; the chains' journals are added where they are opened.</param>
public sealed partial record SiteConfiguration(SiteSettings Site, Config Akka)
{
    /// <summary>Levels of <c>akka.loglevel</c>.</summary>
    private static readonly string[] LogLevels = ["OFF", "ERROR", "WARNING", "INFO", "DEBUG"];

    private const string ReferenceResource = "Pipeline.Host.Configuration.reference.conf";

    /// <summary>Below the data directory: what was joined, a file a chain.</summary>
    public const string JoinedFolder = "chains.d";

    private static readonly string[] Roots = ["pipeline", "akka"];

    /// <summary>Every value in force, secrets hidden: the site's own, and those of the actor runtime that some layer names.</summary>
    internal IReadOnlyList<EffectiveValue> Values { get; init; } = [];

    /// <summary>Reads the same file, joined chains and environment again.</summary>
    internal Func<ConfigurationResult>? Reread { get; init; }

    /// <summary>The text of the embedded reference.</summary>
    public static string Reference
    {
        get
        {
            using var stream = typeof(SiteConfiguration).Assembly.GetManifestResourceStream(ReferenceResource)
                ?? throw new InvalidOperationException($"the resource {ReferenceResource} is missing from this build");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <summary>The actor runtime's defaults, for systems that have no file (the demo, tests).</summary>
    public static Config DefaultAkka => ConfigurationFactory.ParseString(Reference);

    /// <summary>Loads and validates everything; reports all mistakes at once.</summary>
    /// <param name="file">HOCON; null = environment alone.</param>
    /// <param name="environment">Null = that of this process.</param>
    public static ConfigurationResult Load(string? file, IReadOnlyDictionary<string, string>? environment = null) => Load(file, environment, out _);

    /// <param name="reader">Knows where each value comes from; null where nothing could be read.</param>
    /// <param name="joining">What a file of <see cref="JoinedFolder"/> is going to say; null to take all as they are.</param>
    internal static ConfigurationResult Load(
        string? file, IReadOnlyDictionary<string, string>? environment, out SettingsReader? reader, (string File, string Text)? joining = null)
    {
        reader = null;
        var layers = new List<ConfigurationLayer> { EnvironmentLayer.Read(environment ?? ProcessEnvironment()) };
        if (file is not null)
        {
            var (layer, errors) = ReadFile(file);
            if (layer is null)
                return new ConfigurationResult(null, errors);
            layers.Add(layer);
        }

        var (joined, faults) = ReadJoined(layers, joining);
        if (faults.Count > 0)
            return new ConfigurationResult(null, faults);
        layers.AddRange(joined);
        layers.Add(ReferenceLayer());
        reader = new SettingsReader(layers);
        var result = Create(layers, reader);
        return result.IsValid ? new ConfigurationResult(result.Configuration with { Reread = () => Load(file, environment) }, []) : result;
    }

    /// <summary>As <see cref="Load"/>, from a text instead of a file.</summary>
    /// <param name="source">How to name the text to a person.</param>
    internal static ConfigurationResult Parse(string text, string source, IReadOnlyDictionary<string, string> environment, out SettingsReader? reader)
    {
        reader = null;
        var (layer, errors) = ReadText(text, source);
        if (layer is null)
            return new ConfigurationResult(null, errors);
        ConfigurationLayer[] layers =
            [EnvironmentLayer.Read(environment), layer, ReferenceLayer()];
        reader = new SettingsReader(layers);
        return Create(layers, reader);
    }

    /// <summary>What the actor runtime may see, and print if it is told to: no key of ours, some of which are secrets.</summary>
    private static Config? RuntimePart(Config config)
    {
        if (config.IsEmpty || !config.Root.GetObject().Items.TryGetValue("akka", out var akka))
            return null;
        var root = new HoconObject();
        root.Items["akka"] = akka;
        var value = new HoconValue();
        value.AppendValue(root);
        return new Config(new HoconRoot(value));
    }

    private static ConfigurationLayer ReferenceLayer()
    {
        string text = Reference;
        return new ConfigurationLayer(_ => "reference.conf", ConfigurationFactory.ParseString(text)) { Lines = HoconLines.Locate(text) };
    }

    private static ConfigurationResult Create(IReadOnlyList<ConfigurationLayer> layers, SettingsReader reader)
    {
        var settings = SiteSettings.Create(reader);
        EffectiveValue[] runtime = [.. reader.Unchecked("akka")];
        string level = Array.Find(runtime, value => value.Key == "akka.loglevel")?.Value ?? "";
        if (!LogLevels.Contains(level, StringComparer.OrdinalIgnoreCase))
            reader.Report("akka.loglevel", $"\"{level}\"", $"must be {string.Join(" | ", LogLevels)}");
        ConfigurationError[] errors = [.. UnknownKeys.Find(layers), .. reader.Errors];
        if (errors.Length > 0)
            return new ConfigurationResult(null, errors);
        var akka = layers.Select(layer => RuntimePart(layer.Config)).OfType<Config>().Aggregate((merged, next) => merged.WithFallback(next));
        return new ConfigurationResult(new SiteConfiguration(settings, akka) { Values = [.. reader.Effective(), .. runtime] }, []);
    }

    /// <summary>What <c>pipeline chain join</c> wrote into the data directory: a file a chain, below the site's own file and above the reference.</summary>
    private static (IReadOnlyList<ConfigurationLayer> Layers, IReadOnlyList<ConfigurationError> Errors) ReadJoined(
        IReadOnlyList<ConfigurationLayer> own, (string File, string Text)? joining)
    {
        var data = own.Select(layer => layer.Find("pipeline.site.data-directory")).FirstOrDefault(value => value is not null);
        if (data is null || !data.IsString() || !SettingsRules.IsPath(data.GetString() ?? ""))
            return ([], []);
        string folder = Path.Combine(data.GetString(), JoinedFolder);
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.conf") : [];
        if (joining is { File: var coming })
            files = [.. files.Where(f => Path.GetFileName(f) != Path.GetFileName(coming)), coming];
        var read = files.Order(StringComparer.Ordinal).Select(f => f == joining?.File ? ReadText(joining.Value.Text, f) : ReadFile(f)).ToArray();
        return ([.. read.Select(r => r.Layer).OfType<ConfigurationLayer>()], [.. read.SelectMany(r => r.Errors)]);
    }

    /// <summary>One HOCON file, parsed and free of what the parser would misread.</summary>
    internal static (ConfigurationLayer? Layer, IReadOnlyList<ConfigurationError> Errors) ReadFile(string file)
    {
        try
        {
            return ReadText(File.ReadAllText(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Directory.Exists(file))
                return (null, [new ConfigurationError("file", null, "is a folder", file)]);
            return (null, [new ConfigurationError("file", null, $"cannot be read: {e.Message}", file)]);
        }
    }

    private static (ConfigurationLayer? Layer, IReadOnlyList<ConfigurationError> Errors) ReadText(string text, string source)
    {
        ConfigurationError[] errors =
            [.. HoconLint.Check(text).OrderBy(p => p.Line).Select(p => new ConfigurationError($"line {p.Line}", null, p.Problem, source))];
        if (errors.Length > 0)
            return (null, errors);
        try
        {
            var config = string.IsNullOrWhiteSpace(text) ? Config.Empty : ConfigurationFactory.ParseString(text);
            return config.IsEmpty || config.Root.IsObject()
                ? (new ConfigurationLayer(_ => source, config) { Lines = HoconLines.Locate(text) }, [])
                : (null, [new ConfigurationError("file", null, "is no HOCON object", source)]);
        }
        catch (Exception e)
        {
            // Akka's parser throws what it happens to meet, down to plain Exception.
            return (null, [Unparsed(text, e.Message, source)]);
        }
    }

    /// <summary>Akka's parser gives a position and draws the place on lines of their own; a line number is what an editor has.</summary>
    private static ConfigurationError Unparsed(string text, string message, string source)
    {
        string first = message.Split('\n')[0].TrimEnd('\r', ' ', ':');
        var at = PositionInMessage().Match(first);
        if (!at.Success || !int.TryParse(at.Groups[1].Value, out int position) || position > text.Length)
            return new ConfigurationError("file", null, $"is no HOCON: {first}", source);
        int line = text.AsSpan(0, position).Count('\n') + 1;
        string token = text.AsSpan(position).Trim() is [var next, ..] ? $" at '{next}'" : "";
        return new ConfigurationError($"line {line}", null, $"is no HOCON: {first[..at.Index].TrimEnd()}{token}", source);
    }

    [GeneratedRegex(" at position ([0-9]+)")]
    private static partial Regex PositionInMessage();

    private static Dictionary<string, string> ProcessEnvironment() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);

    /// <summary>Keys that the reference does not have.</summary>
    private static class UnknownKeys
    {
        public static IEnumerable<ConfigurationError> Find(IReadOnlyList<ConfigurationLayer> layers)
        {
            var reference = layers[^1];
            var known = reference.Leaves("pipeline").ToHashSet(StringComparer.Ordinal);
            var sections = reference.Keys("pipeline").ToHashSet(StringComparer.Ordinal);
            foreach (var layer in layers.SkipLast(1))
            {
                foreach (string root in layer.Keys("").Except(Roots))
                    yield return Unknown(layer, root, sections.Contains(root) ? $"pipeline.{root}" : Suggestion.For(root, Roots));
                foreach (string leaf in layer.Leaves("pipeline").Where(leaf => !known.Contains(leaf)))
                {
                    if (NamedSections.All.FirstOrDefault(named => leaf.StartsWith(named.Section + '.', StringComparison.Ordinal)) is not { Section: not null } named)
                    {
                        yield return Unknown(layer, leaf, Suggestion.For(leaf, known));
                        continue;
                    }
                    var keys = reference.Keys(named.Defaults).ToHashSet(StringComparer.Ordinal);
                    string[] rest = leaf[(named.Section.Length + 1)..].Split('.', 2);
                    if (rest is not [_, var key] || !keys.Contains(key))
                        yield return Unknown(layer, leaf, Prefixed($"{named.Section}.{rest[0]}.", Suggestion.For(rest[^1], keys)));
                }
            }
        }

        private static string? Prefixed(string prefix, string? key) => key is null ? null : prefix + key;

        private static ConfigurationError Unknown(ConfigurationLayer layer, string key, string? suggestion) => new(
            key, null, suggestion is null ? "there is no such key; see reference.conf" : $"there is no such key; did you mean '{suggestion}'?",
            layer.Source(key))
        { Line = layer.LineOf(key) };
    }
}
