using System.Text.Json.Serialization;

namespace Pipeline.Host.Benchmarks;

/// <summary>How a figure is judged.</summary>
public enum BarKind
{
    /// <summary>Measured ÷ floor is no more than the bar: times.</summary>
    RatioAtMost,

    /// <summary>Measured ÷ floor is no less than the bar: rates.</summary>
    RatioAtLeast,

    /// <summary>The measured value is no more than the bar.</summary>
    ValueAtMost,
}

public sealed record Bar(BarKind Kind, double Value);

/// <summary>One measured value beside what nothing could beat on the same machine in the same run.</summary>
/// <param name="Name">Camel case.</param>
/// <param name="Unit">Of value and floor: "ms", or "1/s".</param>
/// <param name="Floor">Null where the bar is a value.</param>
/// <param name="Bar">Null where nothing was promised.</param>
/// <param name="Details">What value and floor were made of, by name with unit.</param>
public sealed record Figure(string Name, string Unit, double Value, double? Floor, Bar? Bar, IReadOnlyDictionary<string, double> Details)
{
    public double? Ratio => Value / Floor;

    /// <summary>Null without a bar.</summary>
    public bool? Passed => Bar switch
    {
        null => null,
        { Kind: BarKind.RatioAtMost } => Ratio <= Bar.Value,
        { Kind: BarKind.RatioAtLeast } => Ratio >= Bar.Value,
        _ => Value <= Bar.Value,
    };

    [JsonIgnore]
    public bool IsMissed => Passed == false;
}
