namespace Pipeline.Actors.Dicom;

/// <summary>What a peer or a file did wrong: what, where, and what to do. A value, never thrown. Carries no header value of an instance.</summary>
/// <param name="Offset">Byte offset in the input at which it was noticed, where there is one.</param>
public sealed record Fault(string Message, long? Offset = null)
{
    public override string ToString() => Offset is { } offset ? $"{Message} (at byte {offset})" : Message;
}
