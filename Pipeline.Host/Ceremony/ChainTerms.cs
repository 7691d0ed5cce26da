using System.Globalization;
using Akka.Configuration;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Ceremony;

/// <summary>What members agree on before a chain begins; defaults and ranges are in chain-terms.conf.</summary>
/// <param name="TrustPeriod">Of each trusted chain.</param>
public sealed record ChainTerms(
    TaskDescriptor Task, RoundPolicy Policy, ConsensusParameters Consensus, TimeSpan PacketLifetime, TimeSpan TrustPeriod)
{
    private const string ReferenceResource = "Pipeline.Host.Ceremony.chain-terms.conf";
    private const int Million = 1_000_000;

    /// <summary>The text of the embedded defaults.</summary>
    public static string Reference
    {
        get
        {
            using var stream = typeof(ChainTerms).Assembly.GetManifestResourceStream(ReferenceResource)
                ?? throw new InvalidOperationException($"the resource {ReferenceResource} is missing from this build");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <param name="file">HOCON; null for the defaults.</param>
    /// <param name="members">Of the chain: its quorum is the default of the policy's.</param>
    /// <returns>Every mistake; then there are no terms.</returns>
    internal static (ChainTerms? Terms, IReadOnlyList<ConfigurationError> Errors) Load(string? file, int members)
    {
        var layers = new List<ConfigurationLayer>();
        if (file is not null)
        {
            var (layer, errors) = SiteConfiguration.ReadFile(file);
            if (layer is null)
                return (null, errors);
            layers.Add(layer);
        }

        layers.Add(new ConfigurationLayer(_ => "chain-terms.conf", ConfigurationFactory.ParseString(Reference)));
        var reader = new SettingsReader(layers);
        var terms = Create(reader, members);
        var known = layers[^1].Leaves("chain").ToHashSet(StringComparer.Ordinal);
        var unknown = layers.SkipLast(1).SelectMany(layer => layer.Leaves("").Except(known).Select(key => new ConfigurationError(
            key, null, Suggestion.For(key, known) is { } near ? $"there is no such term; did you mean '{near}'?" : "there is no such term", layer.Source(key))));
        ConfigurationError[] all = [.. unknown, .. reader.Errors];
        return all.Length == 0 ? (terms, all) : (null, all);
    }

    internal static ChainTerms Create(SettingsReader reader, int members)
    {
        string modality = reader.Text("chain.modality", SettingsRules.CodeStringLegend, SettingsRules.IsCodeString);
        string part = reader.Text(
            "chain.body-part", "empty, or " + SettingsRules.CodeStringLegend, text => text.Length == 0 || SettingsRules.IsCodeString(text));
        int height = reader.Int("chain.height", 32, 64), width = reader.Int("chain.width", 32, 64);
        string[] classes = Names(reader.Text("chain.classes", "names separated by commas", text => Names(text) is { Length: >= 2 and <= 256 } names && names.Distinct().Count() == names.Length));
        string architecture = reader.Choice("chain.architecture", ArchitectureCatalog.Ids);
        int rounds = reader.Int("chain.rounds", 1, Million), quorum = reader.Int("chain.quorum", 0, MemberSet.MaxMembers);
        if (quorum > members)
            reader.Report("chain.quorum", $"\"{quorum}\"", $"the chain has {members} members");
        var policy = new RoundPolicy(
            rounds, quorum == 0 ? members - (members - 1) / 3 : quorum, reader.Int("chain.deadline-blocks", 1, Million),
            reader.Int("chain.local-steps", 1, Million), reader.Int("chain.batch-size", 1, 1 << 16), reader.Int("chain.learning-rate-ppm", 1, 10 * Million),
            reader.Int("chain.weight-decay-ppm", 0, 10 * Million), reader.Int("chain.density-ppm", 1, Million),
            (long)reader.Int("chain.max-norm", 1, Million) * RoundPolicy.One, Q16(reader.Int("chain.server-momentum-ppm", 0, Million - 1)), RoundPolicy.One,
            reader.Int("chain.bridge-every", 0, Million),
            Names(reader.Text("chain.bridge-grants", "empty, or names separated by commas", text => Names(text).All(Genesis.IsChainName))), RoundPolicy.One,
            reader.Choice("chain.on-equivocation", ["record", "exclude"]) == "record" ? EquivocationPolicy.Record : EquivocationPolicy.Exclude,
            PrivacyOf(reader), AggregationOf(reader), UpdateOf(reader), TrialOf(reader));
        Check(reader, policy, classes.Length);
        var lifetime = reader.Duration("chain.packet-lifetime", "1m", "3650d");
        var trust = reader.Duration("chain.trust-period", "1h", "3650d");
        var consensus = new ConsensusParameters(
            Block.MaxTransactions, (int)reader.Duration("chain.heartbeat", "10ms", "1h").TotalMilliseconds,
            (int)reader.Duration("chain.max-clock-drift", "10ms", "1h").TotalMilliseconds);
        return new ChainTerms(new TaskDescriptor(modality, part, height, width, classes, architecture), policy, consensus, lifetime, trust);
    }

    /// <summary>The proposal that members sign.</summary>
    /// <param name="seed">Draws the first weights.</param>
    /// <param name="time">Of the genesis, milliseconds since the Unix epoch.</param>
    /// <param name="trusted">Chains from which packets are accepted, each by its genesis.</param>
    /// <exception cref="CommandFailedException">The members do not make a chain.</exception>
    public GenesisProposal Propose(string name, IReadOnlyList<MemberCard> cards, IReadOnlyList<Genesis> trusted, ulong seed, long time)
    {
        var architecture = ArchitectureCatalog.Create(Task.Architecture);
        var layout = architecture.Layout(Task);
        byte[] model = FixedPointModel.FromFloats(layout, architecture.Initialize(layout, seed)).ToBytes();
        var learning = new LearningGenesis(
            Task, layout, Policy, Digest.Of(model),
            [.. trusted.Select(t => new TrustedChain(t.ChainId, t.Name, t.Members, 0, (long)TrustPeriod.TotalMilliseconds))],
            (long)PacketLifetime.TotalMilliseconds);
        try
        {
            var members = new MemberSet([.. cards.Select(c => new Member(c.Member, c.Key))]);
            var genesis = new Genesis(Genesis.CurrentVersion, name, time, members, Consensus, Canonical.Encode(learning));
            var proposal = new GenesisProposal(genesis, model, cards, []);
            _ = LearningApplication.Create(genesis, new Ed25519Verifier());
            return proposal.Verify(new Ed25519Verifier()) is { } fault ? throw new CommandFailedException(fault) : proposal;
        }
        catch (ArgumentException e)
        {
            throw new CommandFailedException($"these members and terms make no chain: {e.Message}", e);
        }
    }

    private static PrivacyPolicy? PrivacyOf(SettingsReader reader)
    {
        string unit = reader.Choice("chain.privacy", ["off", "image", "patient"]);
        var policy = new PrivacyPolicy(
            unit == "patient" ? PrivacyUnit.Patient : PrivacyUnit.Image, reader.Int("chain.privacy-images-per-unit", 1, 1024),
            Math.Max(1, Q16(reader.Int("chain.privacy-clip-ppm", 1, 1000 * Million))), reader.Int("chain.privacy-noise-ppm", 10_000, 1000 * Million),
            reader.Int("chain.privacy-delta-ppb", 1, 10 * Million), reader.Int("chain.privacy-budget-micro", 1, 1000 * Million));
        return unit == "off" ? null : policy;
    }

    private static AggregationPolicy? AggregationOf(SettingsReader reader)
    {
        string kind = reader.Choice("chain.aggregation", ["mean", "robust"]);
        int faults = reader.Int("chain.aggregation-faults", 0, 31);
        return kind == "robust" ? AggregationPolicy.Robust(faults) : null;
    }

    private static UpdatePolicy? UpdateOf(SettingsReader reader)
    {
        var policy = new UpdatePolicy(
            reader.Choice("chain.selection", ["largest", "largest-of-tensor", "random-threshold", "rotating"]) switch
            {
                "largest-of-tensor" => UpdateSelection.LargestOfTensor,
                "random-threshold" => UpdateSelection.RandomThreshold,
                "rotating" => UpdateSelection.Rotating,
                _ => UpdateSelection.Largest,
            },
            reader.Choice("chain.values", ["int8", "int4", "ternary"]) switch { "int4" => ValueFormat.Int4, "ternary" => ValueFormat.Ternary, _ => ValueFormat.Int8 },
            reader.Int("chain.proximal-ppm", 0, 1000 * Million), reader.Int("chain.warm-up-rounds", 0, Million), reader.Int("chain.warm-up-density-ppm", 1, Million),
            reader.Choice("chain.start-from-residual", ["on", "off"]) == "on", reader.Int("chain.residual-keep-ppm", 0, Million),
            reader.Choice("chain.frozen-backbone", ["on", "off"]) == "on", reader.Int("chain.control-ppm", 0, Million), reader.Int("chain.momentum-ppm", 0, Million - 1),
            reader.Int("chain.prior-ppm", 0, 10 * Million), reader.Int("chain.typical-images", 0, 1000 * Million),
            WeightsOf(reader));
        return policy == UpdatePolicy.Plain ? null : policy;
    }

    private static ClassWeights? WeightsOf(SettingsReader reader)
    {
        string[] weights = Names(reader.Text("chain.class-weights-ppm", "empty, or numbers from 1 separated by commas", text => Names(text).All(IsWeight)));
        return weights.Length == 0 || !weights.All(IsWeight) ? null : new ClassWeights([.. weights.Select(w => int.Parse(w, CultureInfo.InvariantCulture))]);

        static bool IsWeight(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int weight) && weight is >= 1 and <= 1000 * Million;
    }

    private static TrialPolicy? TrialOf(SettingsReader reader)
    {
        var policy = new TrialPolicy(reader.Int("chain.trial-rounds", 0, Million / 2), reader.Int("chain.trial-share-ppm", 1, Million), reader.Int("chain.trial-gain-ppm", 1, Million));
        return policy.Rounds == 0 ? null : policy;
    }

    private static void Check(SettingsReader reader, RoundPolicy policy, int classes)
    {
        if (policy.Update?.ClassWeights is { } weights && weights.Ppm.Count != classes)
            reader.Report("chain.class-weights-ppm", $"{weights.Ppm.Count} numbers", $"the chain has {classes} classes; give one for each, in the order of chain.classes");
        if (policy.Contradiction() is not var (setting, why))
            return;
        string key = setting is "density" or "control" ? setting + "-ppm" : setting;
        reader.Report("chain." + key, "these terms", why);
    }

    private static int Q16(int ppm) => (int)((long)ppm * RoundPolicy.One / Million);

    private static string[] Names(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
