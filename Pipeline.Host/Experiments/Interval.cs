namespace Pipeline.Host.Experiments;

/// <summary>A value with its two-sided 95 % interval; NaN throughout where it is undefined.</summary>
public readonly record struct Interval(double Value, double Low, double High);
