using System.Diagnostics.CodeAnalysis;

namespace Pipeline.Actors.Dicom;

/// <summary>A value, or the fault of a peer or a file that kept it from us.</summary>
public readonly record struct Outcome<T>(T? Value, Fault? Fault)
    where T : notnull
{
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool Ok => Fault is null;

    /// <summary>The value where a fault would be our own mistake.</summary>
    /// <exception cref="InvalidOperationException">There is a fault.</exception>
    public T Require() => Ok ? Value : throw new InvalidOperationException(Fault.ToString());

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Fault fault) => new(default, fault);
}
