using System.Diagnostics;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>What is known of an instance once C-STORE has brought all of it.</summary>
/// <param name="Length">Of its data set (bytes).</param>
/// <param name="Content">XXH128 of those bytes: tells whether an instance that comes again is the same, not who made it.</param>
public sealed record ReceivedInstance(
    string CallingAe, string CalledAe, string SopClassUid, string SopInstanceUid, string TransferSyntaxUid, long Length, UInt128 Content)
{
    /// <summary>Of the span of its association; the default for none.</summary>
    public ActivityContext Trace { get; init; }
}
