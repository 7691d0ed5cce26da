using System.Buffers.Binary;
using System.Text;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// An instance in the spool. Layout: version 1, flags (bit 0 conflict), sequence u64, received Unix ms i64, SHA-256 (32), then calling AE, called AE,
/// SOP class, SOP instance and transfer syntax as length byte and ASCII, then the data set to the end; little endian.
/// </summary>
/// <param name="Sequence">Counts every acknowledged instance of the site from 0.</param>
/// <param name="Conflict">The SOP Instance UID was held already with other bytes; it goes to quarantine.</param>
public sealed record SpoolRecord(
    long Sequence, bool Conflict, DateTimeOffset Received, byte[] Sha256, string CallingAe, string CalledAe, string SopClassUid,
    string SopInstanceUid, string TransferSyntaxUid, ReadOnlyMemory<byte> DataSet)
{
    private const byte Version = 1;
    private const int FixedLength = 1 + 1 + 8 + 8 + 32;

    internal static byte[] EncodeHeader(ReceivedInstance instance, long sequence, bool conflict, DateTimeOffset received)
    {
        string[] texts = [instance.CallingAe, instance.CalledAe, instance.SopClassUid, instance.SopInstanceUid, instance.TransferSyntaxUid];
        byte[] header = new byte[FixedLength + texts.Sum(text => 1 + Math.Min(255, text.Length))];
        header[0] = Version;
        header[1] = conflict ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(2), sequence);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(10), received.ToUnixTimeMilliseconds());
        instance.Sha256.CopyTo(header, 18);
        int at = FixedLength;
        foreach (string text in texts)
        {
            int length = Math.Min(255, text.Length);
            header[at] = (byte)length;
            Encoding.Latin1.GetBytes(text.AsSpan(0, length), header.AsSpan(at + 1));
            at += 1 + length;
        }
        return header;
    }

    /// <param name="record">A whole record, its checksum verified.</param>
    /// <exception cref="InvalidDataException">The record has another version or is too short.</exception>
    internal static SpoolRecord Decode(ReadOnlyMemory<byte> record)
    {
        ReadOnlySpan<byte> span = record.Span;
        if (span.Length < FixedLength || span[0] != Version)
            throw new InvalidDataException($"A spool record of version {(span.IsEmpty ? 0 : span[0])}; this build reads version {Version}.");
        string[] texts = new string[5];
        int at = FixedLength;
        for (int i = 0; i < texts.Length; i++)
        {
            if (at >= span.Length || at + 1 + span[at] > span.Length)
                throw new InvalidDataException("A spool record ends inside its header.");
            texts[i] = Encoding.Latin1.GetString(span.Slice(at + 1, span[at]));
            at += 1 + span[at];
        }
        return new SpoolRecord(
            BinaryPrimitives.ReadInt64LittleEndian(span[2..]), (span[1] & 1) != 0,
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(span[10..])), span.Slice(18, 32).ToArray(),
            texts[0], texts[1], texts[2], texts[3], texts[4], record[at..]);
    }
}
