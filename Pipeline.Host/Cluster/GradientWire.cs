using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Pipeline.Actors.Training;
using Pipeline.Actors.Training.Sharing;

namespace Pipeline.Host.Cluster;

/// <summary>
/// Parts of steps and what comes of them as bytes between two training nodes of one site: a version, the number of the work, the fields; little endian. Each is
/// one frame {length i32, bytes} of a stream that is cut into pieces at any place (<see cref="GradientFraming"/>).
/// </summary>
internal static class GradientWire
{
    public const byte Version = 1;

    private const byte Computed = 1, Failed = 2;
    private const int MostImages = 1 << 16, MostClasses = 1 << 12, MostFault = 4096, ImageBytes = 16 + 2 + 2 + 1 + 4 + 4;

    /// <summary>No frame of a network is longer (bytes).</summary>
    /// <param name="parameters">Of the network.</param>
    public static int MostBytes(int parameters) => checked((4 * parameters) + (MostImages * ImageBytes) + (4 * MostClasses) + 64);

    public static byte[] Encode(long number, GradientWork work)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(
            1 + 8 + 8 + 4 + (4 * work.ClassWeights.Length) + 4 + (ImageBytes * work.Images.Count) + (4 * work.Weights.Length));
        var writer = new Cursor(bytes);
        writer.Take(1)[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(writer.Take(8), number);
        BinaryPrimitives.WriteDoubleLittleEndian(writer.Take(8), work.Whole);
        BinaryPrimitives.WriteInt32LittleEndian(writer.Take(4), work.ClassWeights.Length);
        Write(writer.Take(4 * work.ClassWeights.Length), work.ClassWeights);
        BinaryPrimitives.WriteInt32LittleEndian(writer.Take(4), work.Images.Count);
        foreach (var (mark, draw) in work.Images)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(writer.Take(16), mark);
            BinaryPrimitives.WriteInt16LittleEndian(writer.Take(2), draw.Down);
            BinaryPrimitives.WriteInt16LittleEndian(writer.Take(2), draw.Right);
            writer.Take(1)[0] = draw.Mirror ? (byte)1 : (byte)0;
            BinaryPrimitives.WriteSingleLittleEndian(writer.Take(4), draw.Gain);
            BinaryPrimitives.WriteSingleLittleEndian(writer.Take(4), draw.Offset);
        }

        Write(writer.Take(4 * work.Weights.Length), work.Weights);
        return bytes;
    }

    /// <exception cref="InvalidDataException">The bytes are no work for a network of so many parameters.</exception>
    public static (long Number, GradientWork Work) DecodeWork(byte[] bytes, int parameters) => Read(bytes, (ref Cursor reader) =>
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(reader.Take(8));
        double whole = BinaryPrimitives.ReadDoubleLittleEndian(reader.Take(8));
        float[] classWeights = Floats(reader.Take(4 * Count(ref reader, MostClasses)));
        var images = new MarkedImage[Count(ref reader, MostImages)];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = new MarkedImage(BinaryPrimitives.ReadUInt128LittleEndian(reader.Take(16)), new AugmentationDraw(
                BinaryPrimitives.ReadInt16LittleEndian(reader.Take(2)), BinaryPrimitives.ReadInt16LittleEndian(reader.Take(2)), reader.Take(1)[0] != 0,
                BinaryPrimitives.ReadSingleLittleEndian(reader.Take(4)), BinaryPrimitives.ReadSingleLittleEndian(reader.Take(4))));
        }

        return (number, new GradientWork(Floats(reader.Take(4 * parameters)), images, classWeights, whole));
    });

    public static byte[] Encode(long number, GradientPart part)
    {
        byte[] fault = Encoding.UTF8.GetBytes(part.Fault is null ? "" : part.Fault[..Math.Min(part.Fault.Length, MostFault / 4)]);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(1 + 8 + 1 + (part.Fault is null ? 8 + (4 * part.Gradient.Length) : fault.Length));
        var writer = new Cursor(bytes);
        writer.Take(1)[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(writer.Take(8), number);
        writer.Take(1)[0] = part.Fault is null ? Computed : Failed;
        if (part.Fault is not null)
        {
            fault.CopyTo(writer.Take(fault.Length));
            return bytes;
        }

        BinaryPrimitives.WriteDoubleLittleEndian(writer.Take(8), part.Loss);
        Write(writer.Take(4 * part.Gradient.Length), part.Gradient);
        return bytes;
    }

    /// <exception cref="InvalidDataException">The bytes are no part of a network of so many parameters.</exception>
    public static (long Number, GradientPart Part) DecodePart(byte[] bytes, int parameters) => Read(bytes, (ref Cursor reader) =>
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(reader.Take(8));
        return reader.Take(1)[0] switch
        {
            Computed => (number, new GradientPart(BinaryPrimitives.ReadDoubleLittleEndian(reader.Take(8)), Floats(reader.Take(4 * parameters)))),
            Failed when reader.Left <= MostFault => (number, GradientPart.Failed(Encoding.UTF8.GetString(reader.Take(reader.Left)))),
            var kind => throw new InvalidDataException($"a part of kind {kind}"),
        };
    });

    private delegate T Reading<T>(ref Cursor reader);

    private static T Read<T>(byte[] bytes, Reading<T> read)
    {
        var reader = new Cursor(bytes);
        if (reader.Take(1)[0] is not Version and var version)
            throw new InvalidDataException($"version {version} of what training nodes say about steps; this build speaks version {Version}");
        T value = read(ref reader);
        return reader.Left == 0 ? value : throw new InvalidDataException($"{reader.Left} bytes too many in what another node says about a step");
    }

    private static int Count(ref Cursor reader, int most) =>
        BinaryPrimitives.ReadInt32LittleEndian(reader.Take(4)) is >= 0 and var count && count <= most
            ? count : throw new InvalidDataException($"more than {most} of something in what another node says about a step");

    private static void Write(Span<byte> target, float[] values)
    {
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(target);
            return;
        }

        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(target[(4 * i)..], values[i]);
    }

    private static float[] Floats(ReadOnlySpan<byte> source)
    {
        float[] values = GC.AllocateUninitializedArray<float>(source.Length / 4);
        if (BitConverter.IsLittleEndian)
        {
            source.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        for (int i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(source[(4 * i)..]);
        return values;
    }

    private ref struct Cursor(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;
        private int _at;

        public readonly int Left => _bytes.Length - _at;

        /// <exception cref="InvalidDataException">There are not so many.</exception>
        public Span<byte> Take(int count)
        {
            if (count > Left)
                throw new InvalidDataException("what another node says about a step ends too early");
            _at += count;
            return _bytes.Slice(_at - count, count);
        }
    }
}
