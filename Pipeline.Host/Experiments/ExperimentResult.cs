using System.Text.Json;
using System.Text.Json.Serialization;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Experiments;

/// <summary>
/// What an experiment measured. The file format is docs/reference/experiment-result.schema.json. NaN stands for what is undefined or was not
/// measured, and is <c>null</c> in the file.
/// </summary>
/// <param name="Seeds">Repetitions.</param>
public sealed record ExperimentResult(
    string Experiment, string Profile, int Seeds, IReadOnlyList<ExperimentResult.ArmResult> Arms, IReadOnlyList<ExperimentResult.Comparison> Comparisons)
{
    /// <param name="AucMean">Macro-AUC on everybody's test images, mean over models and seeds; its interval is over patients and seeds.</param>
    /// <param name="Rounds">Of a chain; optimizer steps are the same for all arms.</param>
    /// <param name="PayloadBytesPerRound">Of one site's update; 0 where nothing is sent.</param>
    /// <param name="WireBytesTotal">Everything that all sites send over all rounds, at the bytes a round of a real chain took; 0 where nothing is sent, null
    /// where no chain was measured.</param>
    public sealed record ArmResult(
        string Task, string Arm,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double AucMean,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double AucLow,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double AucHigh,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double BalancedAccuracy,
        int Rounds, int StepsPerSite, double PayloadBytesPerRound,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double WireBytesTotal,
        IReadOnlyList<SiteResult> PerSite);

    /// <summary>A site's own test images under its own model, or under everybody's; mean over seeds.</summary>
    public sealed record SiteResult(
        string Site,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Auc,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double BalancedAccuracy);

    /// <param name="Claim">What was compared, on which task, in which unit, and whether the value or its bound must reach the target.</param>
    public sealed record Comparison(
        string Claim,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Value,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Low,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double High,
        double Target, bool Met)
    {
        /// <summary>The value must reach the target.</summary>
        public static Comparison Value95(string claim, Interval interval, double target) =>
            new($"{claim}: at least {Reporting.Quantities.Number(target)}", interval.Value, interval.Low, interval.High, target, interval.Value >= target);

        /// <summary>The interval's lower end must be above the target.</summary>
        public static Comparison Bound95(string claim, Interval interval, double target) =>
            new($"{claim}: 95 % bound above {Reporting.Quantities.Number(target)}", interval.Value, interval.Low, interval.High, target, interval.Low > target);
    }

    public string ToJson() => JsonSerializer.Serialize(this, ExperimentResultJson.Default.ExperimentResult) + "\n";

    public static ExperimentResult FromJson(string json) =>
        JsonSerializer.Deserialize(json, ExperimentResultJson.Default.ExperimentResult) ?? throw new JsonException("The file holds null, not an experiment's result.");
}

/// <summary>Generated at compile time, so the order of properties is that of the source.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ExperimentResult))]
internal sealed partial class ExperimentResultJson : JsonSerializerContext;
