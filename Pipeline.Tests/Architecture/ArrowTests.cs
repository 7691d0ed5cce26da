using System.Reflection;
using NetArchTest.Rules;
using Pipeline.Actors.Ingest;
using Pipeline.Ledger.Codec;
using Xunit;

namespace Pipeline.Tests.Architecture;

/// <summary>Holds the arrows of docs/architecture.md: Host → Actors → Ledger, and inside a project from a room to those above it.</summary>
public sealed class ArrowTests
{
    private static readonly Assembly Ledger = typeof(Canonical).Assembly;
    private static readonly Assembly Actors = typeof(Sample).Assembly;
    private static readonly Assembly Host = Assembly.Load("pipeline");

    /// <summary>A room may use those of earlier layers and its own. Keys and codec name each other's types: one layer.</summary>
    private static readonly string[][] LedgerLayers =
    [
        ["Tracing"], ["Codec", "Crypto"], ["Blocks"], ["Network"], ["Payloads"], ["Rounds"], ["Bridge"], ["Governance"], ["Application"], ["Snapshots"], ["Consensus"], ["Sync"],
        ["Simulation"],
    ];

    /// <summary>The training actor's protocol carries what gate and personalization decide, and both train: one layer.</summary>
    private static readonly string[][] ActorsLayers =
        [["Dicom"], ["Ingest"], ["Updates"], ["Privacy"], ["Training", "Bridge", "Personalization"], ["Attacks"]];

    private static readonly string[] TorchRooms = ["Training", "Updates", "Bridge", "Personalization", "Attacks", "Privacy"];

    /// <summary>Rooms of decisions alone: no actor, no thread, no disk.</summary>
    public static TheoryData<string> PureRooms => ["Codec", "Crypto", "Rounds", "Governance", "Bridge", "Simulation"];

    public static TheoryData<string, string[]> LedgerRooms => Later(LedgerLayers);

    public static TheoryData<string, string[]> ActorsRooms => Later(ActorsLayers);

    [Fact]
    public void The_ledger_knows_no_site_no_host_and_no_tensors() =>
        Holds(Types.InAssembly(Ledger).ShouldNot().HaveDependencyOnAny("Pipeline.Actors", "Pipeline.Host", "TorchSharp", "Akka.Streams", "Akka.Cluster"));

    [Fact]
    public void The_actors_do_not_know_the_host() =>
        Holds(Types.InAssembly(Actors).ShouldNot().HaveDependencyOnAny("Pipeline.Host", "Spectre.Console", "System.CommandLine", "ScottPlot"));

    [Theory]
    [MemberData(nameof(LedgerRooms))]
    public void A_room_of_the_ledger_uses_only_earlier_ones(string room, string[] later) => Uses(Ledger, "Pipeline.Ledger", room, later);

    [Theory]
    [MemberData(nameof(ActorsRooms))]
    public void A_room_of_the_actors_uses_only_earlier_ones(string room, string[] later) => Uses(Actors, "Pipeline.Actors", room, later);

    [Fact]
    public void Every_room_is_in_the_order()
    {
        Assert.Empty(RoomsOf(Ledger, "Pipeline.Ledger").Except(LedgerLayers.SelectMany(layer => layer)));
        Assert.Empty(RoomsOf(Actors, "Pipeline.Actors").Except(ActorsLayers.SelectMany(layer => layer)));
    }

    [Fact]
    public void Tensors_stay_where_models_are_trained_and_judged()
    {
        var others = RoomsOf(Actors, "Pipeline.Actors").Except(TorchRooms).ToList();
        Assert.NotEmpty(others);
        Assert.All(others, room => Holds(Types.InAssembly(Actors).That().ResideInNamespace($"Pipeline.Actors.{room}")
            .ShouldNot().HaveDependencyOn("TorchSharp")));
    }

    [Theory]
    [MemberData(nameof(PureRooms))]
    public void A_pure_room_knows_no_actors(string room)
    {
        Assert.NotEmpty(Types.InAssembly(Ledger).That().ResideInNamespace($"Pipeline.Ledger.{room}").GetTypes());
        Holds(Types.InAssembly(Ledger).That().ResideInNamespace($"Pipeline.Ledger.{room}").ShouldNot().HaveDependencyOn("Akka"));
    }

    [Fact]
    public void Pure_cores_everywhere_know_no_actors()
    {
        foreach (var assembly in new[] { Ledger, Actors })
        {
            Holds(Types.InAssembly(assembly).That().HaveNameMatching("(Core|Machine|Codec|Coder|Rules|Accountant|PayloadDownload|PayloadPublication)$")
                .ShouldNot().HaveDependencyOn("Akka"));
        }
    }

    [Fact]
    public void The_host_is_a_program_that_nothing_else_references()
    {
        Assert.NotNull(Host.EntryPoint);
        Assert.DoesNotContain(Ledger.GetReferencedAssemblies(), name => name.Name is "pipeline" or "Pipeline.Actors");
        Assert.DoesNotContain(Actors.GetReferencedAssemblies(), name => name.Name == "pipeline");
    }

    private static TheoryData<string, string[]> Later(string[][] layers)
    {
        var data = new TheoryData<string, string[]>();
        for (int i = 0; i < layers.Length - 1; i++)
        {
            foreach (string room in layers[i])
                data.Add(room, [.. layers.Skip(i + 1).SelectMany(layer => layer)]);
        }

        return data;
    }

    private static void Uses(Assembly assembly, string root, string room, string[] later) =>
        Holds(Types.InAssembly(assembly).That().ResideInNamespace($"{root}.{room}")
            .ShouldNot().HaveDependencyOnAny([.. later.Select(other => $"{root}.{other}")]));

    private static IEnumerable<string> RoomsOf(Assembly assembly, string root) => assembly.GetTypes()
        .Select(type => type.Namespace ?? "")
        .Where(name => name.StartsWith(root + '.', StringComparison.Ordinal))
        .Select(name => name[(root.Length + 1)..].Split('.')[0])
        .Distinct();

    private static void Holds(ConditionList rule)
    {
        var result = rule.GetResult();
        Assert.True(result.IsSuccessful, "these point the wrong way: " + string.Join(", ", result.FailingTypeNames ?? []));
    }
}
