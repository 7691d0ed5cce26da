namespace Pipeline.Actors.Dicom.Network;

/// <summary>What is known of an instance once C-STORE has brought all of it.</summary>
/// <param name="Length">Of its data set (bytes).</param>
/// <param name="Sha256">Of those bytes.</param>
public sealed record ReceivedInstance(
    string CallingAe, string CalledAe, string SopClassUid, string SopInstanceUid, string TransferSyntaxUid, long Length, byte[] Sha256);
