using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pipeline.Host.Reporting;

/// <summary>
/// What one run of the demo measured: the only source of the JSON file, the HTML report and the closing tables. The file format is
/// docs/reference/demo-result.schema.json. An AUC is a macro AUC in [0, 1] on a test set never used for any choice; NaN stands for one that is
/// undefined or was never measured, and is <c>null</c> in the file. Every other number is finite.
/// </summary>
/// <param name="Seed">The seed of phantoms, splits, initial weights and batches.</param>
/// <param name="WallSeconds">Seconds from start to result.</param>
/// <param name="PeakMemoryMiB">Largest resident set of the process, MiB.</param>
/// <param name="Chains">One entry a chain; the sending end of the bridge first.</param>
/// <param name="Bridge">What crossed from one chain to the other.</param>
/// <param name="Faults">The killed hospital and the tampered journal.</param>
public sealed record DemoResult(
    long Seed,
    double WallSeconds,
    double PeakMemoryMiB,
    IReadOnlyList<DemoResult.Chain> Chains,
    DemoResult.BridgeRun Bridge,
    DemoResult.FaultRun Faults)
{
    /// <summary>One chain.</summary>
    /// <param name="Id">Chain id, lower-case kebab.</param>
    /// <param name="Members">Institutions with a vote.</param>
    /// <param name="Rounds">Closed rounds of the run with the bridge.</param>
    /// <param name="Height">Height of the last block every replica holds.</param>
    /// <param name="DigestsEqual">Whether every replica had the same state digest at every height.</param>
    /// <param name="Verify">Whether every replica's journal passed verification.</param>
    /// <param name="Auc">Chain-wide AUCs of the final models.</param>
    /// <param name="Sites">AUCs hospital by hospital.</param>
    /// <param name="Bytes">What updates cost.</param>
    /// <param name="Curve">AUC of the global model by round, the last one among them.</param>
    /// <param name="CurveWithoutBridge">The same training from a blank start; empty for a chain no bridge leads to.</param>
    public sealed record Chain(
        string Id,
        int Members,
        int Rounds,
        long Height,
        bool DigestsEqual,
        bool Verify,
        ChainAuc Auc,
        IReadOnlyList<Site> Sites,
        UpdateBytes Bytes,
        IReadOnlyList<CurvePoint> Curve,
        IReadOnlyList<CurvePoint> CurveWithoutBridge);

    /// <summary>AUCs of the models common to the chain.</summary>
    /// <param name="Centralized">Trained on the pooled images of all hospitals: the yardstick.</param>
    /// <param name="Collaborative">The chain's last global model.</param>
    /// <param name="ShuffledLabels">Trained on shuffled labels: must be near .5, or the test set leaks.</param>
    public sealed record ChainAuc(
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Centralized,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Collaborative,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double ShuffledLabels);

    /// <summary>AUCs of one hospital's models.</summary>
    /// <param name="Id">Site id.</param>
    /// <param name="Local">Trained on this hospital's images only.</param>
    /// <param name="Collaborative">The chain's last global model.</param>
    /// <param name="Personalized">The hospital's own final model.</param>
    /// <param name="Chosen">What that is: <c>global</c> where nothing was better with confidence, or the candidate. Not in the file.</param>
    public sealed record Site(
        string Id,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Local,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Collaborative,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Personalized,
        [property: JsonIgnore] string Chosen = "global");

    /// <summary>Sizes in bytes.</summary>
    /// <param name="PerRoundPerSite">Mean encoded update of one site in one round.</param>
    /// <param name="DensePerRoundPerSite">The same model as dense fp32: 4 bytes a parameter.</param>
    /// <param name="WireTotal">Everything sent between institutions on this chain: updates, blocks, votes, acks.</param>
    public sealed record UpdateBytes(long PerRoundPerSite, long DensePerRoundPerSite, long WireTotal);

    /// <summary>The global model after a round.</summary>
    /// <param name="Round">Round, from 0 (the start model).</param>
    /// <param name="Auc">AUC of the global model.</param>
    public sealed record CurvePoint(int Round, [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Auc);

    /// <summary>The bridge.</summary>
    /// <param name="From">Id of the sending chain.</param>
    /// <param name="To">Id of the receiving chain.</param>
    /// <param name="Packets">Packets whose proof the receiving chain checked and recorded.</param>
    /// <param name="Accepted">Of these, packets the receiving sites' gates accepted.</param>
    /// <param name="Target">AUC to reach: 95 % of the receiving chain's centralized AUC.</param>
    /// <param name="RoundsToTargetWith">First round that reached it with the bridge; null when none did.</param>
    /// <param name="RoundsToTargetWithout">First round that reached it without; null when none did.</param>
    public sealed record BridgeRun(
        string From,
        string To,
        int Packets,
        int Accepted,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Target,
        int? RoundsToTargetWith,
        int? RoundsToTargetWithout);

    /// <summary>The faults the demo stages.</summary>
    /// <param name="KilledSite">Id of the hospital that was killed mid-round.</param>
    /// <param name="RecoverySeconds">Seconds from its restart until it was at its peers' height again; NaN when it never was.</param>
    /// <param name="Acknowledged">DICOM instances answered with success, all hospitals.</param>
    /// <param name="AccountedFor">Instances in the spool, the sample stores, quarantine or counted out of scope.</param>
    /// <param name="TamperDetected">Whether verification rejected the altered journal copy.</param>
    /// <param name="TamperRecord">The first bad record and why; empty when nothing was found.</param>
    public sealed record FaultRun(
        string KilledSite,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double RecoverySeconds,
        long Acknowledged,
        long AccountedFor,
        bool TamperDetected,
        string TamperRecord);

    /// <summary>The result as indented JSON, properties in declaration order, ending in a line feed.</summary>
    /// <exception cref="ArgumentException">A number that must be finite is not.</exception>
    public string ToJson() => JsonSerializer.Serialize(this, DemoResultJson.Default.DemoResult) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">Not a demo result.</exception>
    public static DemoResult FromJson(string json) =>
        JsonSerializer.Deserialize(json, DemoResultJson.Default.DemoResult) ?? throw new JsonException("The file holds null, not a demo result.");

    /// <summary>Writes <see cref="ToJson"/> to <paramref name="file"/>, creating its folder; a half-written file is never left in its place.</summary>
    public static void Write(DemoResult result, string file)
    {
        ArgumentNullException.ThrowIfNull(result);
        ReportFile.Write(file, result.ToJson());
    }
}
