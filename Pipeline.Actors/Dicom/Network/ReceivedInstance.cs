namespace Pipeline.Actors.Dicom.Network;

/// <summary>An instance as C-STORE brought it.</summary>
/// <param name="DataSet">The data set's bytes in order, without meta group.</param>
/// <param name="Length">Bytes in <paramref name="DataSet"/> together.</param>
/// <param name="Sha256">Of those bytes.</param>
public sealed record ReceivedInstance(
    string CallingAe, string CalledAe, string SopClassUid, string SopInstanceUid, string TransferSyntaxUid,
    IReadOnlyList<ReadOnlyMemory<byte>> DataSet, long Length, byte[] Sha256);
