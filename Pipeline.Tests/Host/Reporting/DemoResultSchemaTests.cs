using System.Text.Json;
using System.Text.Json.Nodes;
using NJsonSchema;
using NJsonSchema.Validation;
using Pipeline.Host.Reporting;
using Xunit;

namespace Pipeline.Tests.Host.Reporting;

public sealed class DemoResultSchemaTests
{
    [Fact]
    public async Task A_written_result_fits_the_schema()
    {
        var folder = Directory.CreateTempSubdirectory("demo-result-");
        try
        {
            var file = Path.Combine(folder.FullName, "deep", "result.json");
            DemoResult.Write(SampleResult.Good, file);

            Assert.Empty((await SchemaAsync()).Validate(await File.ReadAllTextAsync(file)));
            Assert.Equal(["result.json"], Directory.GetFiles(Path.GetDirectoryName(file)!).Select(Path.GetFileName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Undefined_measurements_are_null_and_fit()
    {
        var result = SampleResult.WithChain(0, chain => chain with
        {
            Auc = new DemoResult.ChainAuc(double.NaN, double.NaN, double.NaN),
            Sites = [new DemoResult.Site("hospital-1", double.NaN, double.NaN, double.NaN, "global")],
            Curve = [new DemoResult.CurvePoint(0, double.NaN)],
        }) with
        {
            Bridge = SampleResult.Good.Bridge with { Target = double.NaN, RoundsToTargetWith = null, RoundsToTargetWithout = null },
            Faults = SampleResult.Good.Faults with { RecoverySeconds = double.NaN, TamperDetected = false, TamperRecord = "" },
        };

        var json = result.ToJson();

        Assert.Empty((await SchemaAsync()).Validate(json));
        var read = DemoResult.FromJson(json);
        Assert.True(double.IsNaN(read.Chains[0].Auc.Centralized));
        Assert.Null(read.Bridge.RoundsToTargetWith);
        Assert.Equal(json, read.ToJson());
    }

    [Fact]
    public void A_number_that_must_be_finite_is_refused()
    {
        Assert.Throws<ArgumentException>(() => (SampleResult.Good with { WallSeconds = double.NaN }).ToJson());
        Assert.Throws<ArgumentException>(
            () => SampleResult.WithChain(0, chain => chain with { Auc = chain.Auc with { Centralized = double.PositiveInfinity } }).ToJson());
    }

    [Fact]
    public void Properties_come_in_the_order_and_with_the_names_of_the_format()
    {
        var root = JsonNode.Parse(SampleResult.Good.ToJson())!.AsObject();

        Assert.Equal(["seed", "wallSeconds", "peakMemoryMiB", "chains", "bridge", "faults"], Names(root));
        var chain = root["chains"]![0]!.AsObject();
        Assert.Equal(
            ["id", "members", "rounds", "height", "digestsEqual", "verify", "auc", "sites", "bytes", "curve", "curveWithoutBridge"], Names(chain));
        Assert.Equal(["centralized", "collaborative", "shuffledLabels"], Names(chain["auc"]!));
        Assert.Equal(["id", "local", "collaborative", "personalized"], Names(chain["sites"]![0]!));
        Assert.Equal(["perRoundPerSite", "densePerRoundPerSite", "wireTotal"], Names(chain["bytes"]!));
        Assert.Equal(["round", "auc"], Names(chain["curve"]![0]!));
        Assert.Equal(["from", "to", "packets", "accepted", "target", "roundsToTargetWith", "roundsToTargetWithout"], Names(root["bridge"]!));
        Assert.Equal(
            ["killedSite", "recoverySeconds", "acknowledged", "accountedFor", "tamperDetected", "tamperRecord"], Names(root["faults"]!));
        Assert.Equal("[]", chain["curveWithoutBridge"]!.ToJsonString());
    }

    [Theory]
    [InlineData("chains[0].auc.centralized", "1.01")]
    [InlineData("chains[0].auc.centralized", "\"0.9\"")]
    [InlineData("chains[0].sites[1].local", "-0.1")]
    [InlineData("chains[0].curve[2].round", "-1")]
    [InlineData("chains[0].curve[2].round", "1.5")]
    [InlineData("chains[0].height", "-1")]
    [InlineData("chains[0].id", "\"Chest Opacity\"")]
    [InlineData("chains[0].members", "0")]
    [InlineData("chains[0].digestsEqual", "1")]
    [InlineData("chains[0].verify", "null")]
    [InlineData("chains[1].curveWithoutBridge", "null")]
    [InlineData("chains[1].bytes.densePerRoundPerSite", "0")]
    [InlineData("chains", "[]")]
    [InlineData("wallSeconds", "null")]
    [InlineData("peakMemoryMiB", "-5")]
    [InlineData("bridge.roundsToTargetWith", "\"never\"")]
    [InlineData("bridge.target", "85.6")]
    [InlineData("faults.recoverySeconds", "-0.5")]
    [InlineData("faults.tamperRecord", "null")]
    public async Task An_altered_value_is_refused(string path, string value)
    {
        var root = JsonNode.Parse(SampleResult.Good.ToJson())!;
        var (parent, name) = Find(root, path);
        parent[name] = JsonNode.Parse(value);

        var errors = Leaves((await SchemaAsync()).Validate(root.ToJsonString())).ToList();
        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.EndsWith(name, error.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_property_too_few_or_too_many_is_refused_wherever_it_is()
    {
        var schema = await SchemaAsync();
        var objects = Objects(JsonNode.Parse(SampleResult.Good.ToJson())!).Select(node => node.GetPath()).ToList();
        Assert.True(objects.Count > 20, $"only {objects.Count} objects in the sample");
        foreach (var path in objects)
        {
            var more = JsonNode.Parse(SampleResult.Good.ToJson())!;
            Objects(more).Single(node => node.GetPath() == path)["extra"] = 1;
            Assert.NotEmpty(schema.Validate(more.ToJsonString()));

            var fewer = JsonNode.Parse(SampleResult.Good.ToJson())!;
            var target = Objects(fewer).Single(node => node.GetPath() == path);
            target.Remove(target.First().Key);
            Assert.NotEmpty(schema.Validate(fewer.ToJsonString()));
        }
    }

    [Fact]
    public void What_is_no_result_is_not_read()
    {
        Assert.Throws<JsonException>(() => DemoResult.FromJson("null"));
        Assert.Throws<JsonException>(() => DemoResult.FromJson("{\"seed\":1}"));
    }

    /// <summary>The validator wraps what is wrong with an array's item into an error on the item.</summary>
    private static IEnumerable<ValidationError> Leaves(IEnumerable<ValidationError> errors) => errors.SelectMany(
        error => error is ChildSchemaValidationError nested ? nested.Errors.Values.SelectMany(Leaves) : [error]);

    private static IEnumerable<string> Names(JsonNode node) => node.AsObject().Select(property => property.Key);

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(property => Objects(property.Value)).Prepend(item),
        JsonArray items => items.SelectMany(Objects),
        _ => [],
    };

    private static (JsonObject Parent, string Name) Find(JsonNode root, string path)
    {
        var steps = path.Split('.');
        var node = root;
        foreach (var step in steps[..^1])
        {
            var bracket = step.IndexOf('[', StringComparison.Ordinal);
            node = bracket < 0
                ? node[step]!
                : node[step[..bracket]]![int.Parse(step[(bracket + 1)..^1], System.Globalization.CultureInfo.InvariantCulture)]!;
        }

        return (node.AsObject(), steps[^1]);
    }

    private static async Task<JsonSchema> SchemaAsync() => await JsonSchema.FromFileAsync(Repository.Folder("docs/reference/demo-result.schema.json"));
}
