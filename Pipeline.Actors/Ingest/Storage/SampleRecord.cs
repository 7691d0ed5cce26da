using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// A sample on disk. Layout: version 3, kind (<see cref="SampleRecordKind"/>), split u8, label i32, spool sequence i64, height i32, width i32, received
/// Unix ms i64, position f64, then id, patient, accession, source and series as length byte and ASCII, then the pixels as u16 to the end; little endian.
/// Version 2 lacks position and series, version 1 also when it was received and from whom.
/// </summary>
/// <param name="Sequence">The spool record it came from, −1 for none: tells a replay after a crash from a repeat.</param>
/// <param name="Accession">Pseudonym of the accession number, or empty.</param>
/// <param name="Received">When C-STORE brought it; null where that is not known.</param>
/// <param name="Source">Calling AE title of the device it came from, or empty.</param>
internal sealed record SampleRecord(
    Sample Sample, long Sequence, string Accession, DateTimeOffset? Received = null, string Source = "",
    SampleRecordKind Kind = SampleRecordKind.Sample)
{
    public const long MaxBytes = FixedLength + 5 * 256 + 2L * 4096 * 4096;
    private const byte Version = 3;
    private const int FixedLength = Version2Length + 8;
    private const int Version2Length = Version1Length + 8;
    private const int Version1Length = 1 + 1 + 1 + 4 + 8 + 4 + 4;

    /// <summary>Pseudonym of the series, or empty.</summary>
    public string Series { get; init; } = "";

    /// <summary>Orders the images of a series.</summary>
    public double Position { get; init; }

    public bool Withdrawn => Kind == SampleRecordKind.Withdrawn;

    /// <summary>Says that a sample is held no longer.</summary>
    public static SampleRecord Withdrawal(string id, string patient, long sequence) =>
        new(new Sample(id, patient, -1, DataSplit.Train, 0, 0, []), sequence, "", Kind: SampleRecordKind.Withdrawn);

    public IReadOnlyList<ReadOnlyMemory<byte>> Encode()
    {
        string[] texts = [Sample.Id, Sample.Patient, Accession, Source, Series];
        byte[] header = new byte[FixedLength + texts.Sum(text => 1 + checked((byte)text.Length))];
        header[0] = Version;
        header[1] = (byte)Kind;
        header[2] = (byte)Sample.Split;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(3), Sample.Label);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(7), Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(15), Sample.Height);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(19), Sample.Width);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(Version1Length), Received?.ToUnixTimeMilliseconds() ?? -1);
        BinaryPrimitives.WriteDoubleLittleEndian(header.AsSpan(Version2Length), Position);
        int at = FixedLength;
        foreach (string text in texts)
        {
            header[at] = (byte)text.Length;
            Encoding.Latin1.GetBytes(text, header.AsSpan(at + 1));
            at += 1 + text.Length;
        }
        if (Withdrawn)
            return [header];
        byte[] pixels = MemoryMarshal.AsBytes(Sample.Pixels.AsSpan()).ToArray();
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(pixels), MemoryMarshal.Cast<byte, ushort>(pixels.AsSpan()));
        return [header, pixels];
    }

    /// <exception cref="InvalidDataException">Another version, or lengths that do not fit together.</exception>
    public static SampleRecord Decode(ReadOnlySpan<byte> record)
    {
        int version = record.IsEmpty ? 0 : record[0];
        (int at, int count) = version switch { 1 => (Version1Length, 3), 2 => (Version2Length, 4), _ => (FixedLength, 5) };
        if (version is < 1 or > Version || record.Length < at)
            throw new InvalidDataException($"A sample of version {version}; this build reads versions 1 to {Version}.");
        long received = version < 2 ? -1 : BinaryPrimitives.ReadInt64LittleEndian(record[Version1Length..]);
        double position = version < 3 ? 0 : BinaryPrimitives.ReadDoubleLittleEndian(record[Version2Length..]);
        string[] texts = ["", "", "", "", ""];
        for (int i = 0; i < count; i++)
        {
            if (at >= record.Length || at + 1 + record[at] > record.Length)
                throw new InvalidDataException("A sample ends inside its header.");
            texts[i] = Encoding.Latin1.GetString(record.Slice(at + 1, record[at]));
            at += 1 + record[at];
        }
        int height = BinaryPrimitives.ReadInt32LittleEndian(record[15..]), width = BinaryPrimitives.ReadInt32LittleEndian(record[19..]);
        var kind = (SampleRecordKind)record[1];
        if (kind != SampleRecordKind.Withdrawn && 2L * height * width != record.Length - at)
            throw new InvalidDataException($"A sample of {height} × {width} with {record.Length - at} bytes of pixels.");
        var pixels = new ushort[(record.Length - at) / 2];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = BinaryPrimitives.ReadUInt16LittleEndian(record[(at + 2 * i)..]);
        var sample = new Sample(
            texts[0], texts[1], BinaryPrimitives.ReadInt32LittleEndian(record[3..]), (DataSplit)record[2], height, width, pixels);
        return new SampleRecord(
            sample, BinaryPrimitives.ReadInt64LittleEndian(record[7..]), texts[2], received < 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(received),
            texts[3], kind)
        {
            Series = texts[4],
            Position = position,
        };
    }
}
