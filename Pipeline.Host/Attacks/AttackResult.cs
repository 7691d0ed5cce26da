using System.Text.Json;
using System.Text.Json.Serialization;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Attacks;

/// <summary>What an attack reached. The file format is docs/reference/attack-result.schema.json; NaN is <c>null</c> there.</summary>
/// <param name="ControlPassed">Whether the attack broke what is undefended. Where it did not, the other figures show nothing.</param>
/// <param name="Seconds">Wall clock.</param>
public sealed record AttackResult(
    string Attack, string Task, string Policy, string Architecture, int Seed, bool ControlPassed, double Seconds, IReadOnlyList<AttackResult.Figure> Figures)
{
    /// <summary>The attacker holds an undefended gradient, or the memorised model: the positive control.</summary>
    public const string Control = "control";

    /// <summary>A member of the chain: every payload and every model.</summary>
    public const string Insider = "insider";

    /// <summary>Somebody with the chain's journal alone: digests, salted, and sizes.</summary>
    public const string Outsider = "outsider";

    /// <param name="View">Who attacks: <see cref="Control"/>, <see cref="Insider"/> or <see cref="Outsider"/>.</param>
    /// <param name="Subject">What is attacked.</param>
    /// <param name="Measure">What the value counts, with its unit.</param>
    /// <param name="Low">Lower end of a 95 % interval; NaN where there is none.</param>
    /// <param name="High">Its upper end.</param>
    /// <param name="WithoutUpdate">What an attacker reaches without the update, or by models that have not seen the images.</param>
    /// <param name="Target">In words; empty where the figure has none.</param>
    /// <param name="Met">Null where there is no target.</param>
    public sealed record Figure(
        string View, string Subject, string Measure,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Value,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double Low,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double High,
        [property: JsonConverter(typeof(UndefinedAsNullConverter))] double WithoutUpdate,
        string Target, bool? Met)
    {
        public static Figure Of(string view, string subject, string measure, double value, double without = double.NaN) =>
            new(view, subject, measure, value, double.NaN, double.NaN, without, "", null);

        public Figure Must(string target, bool met) => this with { Target = target, Met = met };
    }

    /// <summary>Every control met its target.</summary>
    public static bool Passed(IEnumerable<Figure> figures) => figures.Where(f => f.View == Control).All(f => f.Met != false);

    public string ToJson() => JsonSerializer.Serialize(this, AttackResultJson.Default.AttackResult) + "\n";

    public static AttackResult FromJson(string json) =>
        JsonSerializer.Deserialize(json, AttackResultJson.Default.AttackResult) ?? throw new JsonException("The file holds null, not an attack's result.");
}

/// <summary>Generated at compile time, so the order of properties is that of the source.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(AttackResult))]
internal sealed partial class AttackResultJson : JsonSerializerContext;
