using System.Buffers.Binary;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>
/// The code stream of each frame out of the fragments (PS3.5 A.4). Offset tables are used where they point at fragments; otherwise frames are told
/// apart by their number, or where a code stream ends and the next begins.
/// </summary>
internal static class EncapsulatedFrames
{
    private static ReadOnlySpan<byte> Jp2Signature => [0, 0, 0, 12, (byte)'j', (byte)'P', (byte)' ', (byte)' '];

    /// <param name="frames">Number of Frames.</param>
    /// <returns>As many code streams as frames, each of one fragment as it lies in the file, or of several joined.</returns>
    public static Outcome<IReadOnlyList<ReadOnlyMemory<byte>>> Split(DicomDataSet dataSet, int frames)
    {
        if (dataSet.Find(DicomTags.PixelData)?.Fragments is not { Count: > 1 } items)
            return new Fault("Encapsulated pixel data has no fragment.");
        ReadOnlyMemory<byte> table = items[0];
        ReadOnlyMemory<byte>[] fragments = [.. items.Skip(1)];
        if (frames == 1)
            return Of([Join(fragments)]);
        if (fragments.Length == frames)
            return Of(fragments);
        long[] offsets = dataSet.Find(DicomTags.ExtendedOffsetTable) is { Value: var extended } ? Wide(extended.Span) : Narrow(table.Span);
        if (ByOffsets(fragments, offsets, frames) is { } located)
            return Of(located);
        if (ByFragmentStart(fragments, frames) is { } begun)
            return Of(begun);
        return ByMarkers(Join(fragments), frames) is { } found
            ? Of(found)
            : new Fault($"{fragments.Length} pixel fragments do not divide into {frames} frames: no offset table fits, and code streams do not show it.");
    }

    private static Outcome<IReadOnlyList<ReadOnlyMemory<byte>>> Of(IReadOnlyList<ReadOnlyMemory<byte>> frames) => new(frames, null);

    private static ReadOnlyMemory<byte>[]? ByOffsets(ReadOnlyMemory<byte>[] fragments, long[] offsets, int frames)
    {
        if (offsets.Length != frames)
            return null;
        var starts = new Dictionary<long, int>(fragments.Length);
        long at = 0;
        for (int i = 0; i < fragments.Length; i++)
        {
            starts[at] = i;
            at += 8 + fragments[i].Length;
        }
        int[] first = new int[frames + 1];
        first[frames] = fragments.Length;
        for (int i = 0; i < frames; i++)
        {
            if (!starts.TryGetValue(offsets[i], out first[i]) || (i > 0 && first[i] <= first[i - 1]))
                return null;
        }
        return first[0] == 0 ? Group(fragments, first) : null;
    }

    /// <summary>A frame begins with the fragment that begins with the first bytes of a code stream.</summary>
    private static ReadOnlyMemory<byte>[]? ByFragmentStart(ReadOnlyMemory<byte>[] fragments, int frames)
    {
        int[] first = [.. Enumerable.Range(0, fragments.Length).Where(i => BeginsCodeStream(fragments[i].Span)), fragments.Length];
        return first.Length == frames + 1 && first[0] == 0 ? Group(fragments, first) : null;
    }

    /// <summary>Frames in one fragment, or cut anywhere: one ends with EOI or EOC, padding perhaps, and the next begins with SOI or SOC.</summary>
    private static ReadOnlyMemory<byte>[]? ByMarkers(ReadOnlyMemory<byte> joined, int frames)
    {
        ReadOnlySpan<byte> bytes = joined.Span;
        var starts = new List<int> { 0 };
        for (int at = 0; bytes[at..].IndexOf([(byte)0xFF, (byte)0xD9]) is >= 0 and int found;)
        {
            at += found + 2;
            int next = at;
            while (next < bytes.Length && next - at < 4 && bytes[next] is 0 or 0xFF && !BeginsCodeStream(bytes[next..]))
                next++;
            if (BeginsCodeStream(bytes[next..]))
                starts.Add(next);
        }
        if (starts.Count != frames)
            return null;
        starts.Add(bytes.Length);
        return [.. Enumerable.Range(0, frames).Select(i => joined[starts[i]..starts[i + 1]])];
    }

    private static bool BeginsCodeStream(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith<byte>([0xFF, 0xD8, 0xFF]) || bytes.StartsWith<byte>([0xFF, 0x4F, 0xFF, 0x51]) || bytes.StartsWith(Jp2Signature);

    private static ReadOnlyMemory<byte>[] Group(ReadOnlyMemory<byte>[] fragments, int[] first) =>
        [.. Enumerable.Range(0, first.Length - 1).Select(i => Join(fragments.AsSpan(first[i]..first[i + 1])))];

    private static ReadOnlyMemory<byte> Join(ReadOnlySpan<ReadOnlyMemory<byte>> fragments)
    {
        if (fragments.Length == 1)
            return fragments[0];
        int total = 0;
        foreach (ReadOnlyMemory<byte> fragment in fragments)
            total = checked(total + fragment.Length);
        byte[] joined = new byte[total];
        int at = 0;
        foreach (ReadOnlyMemory<byte> fragment in fragments)
        {
            fragment.CopyTo(joined.AsMemory(at));
            at += fragment.Length;
        }
        return joined;
    }

    private static long[] Narrow(ReadOnlySpan<byte> table)
    {
        long[] offsets = new long[table.Length / 4];
        for (int i = 0; i < offsets.Length; i++)
            offsets[i] = BinaryPrimitives.ReadUInt32LittleEndian(table[(4 * i)..]);
        return offsets;
    }

    private static long[] Wide(ReadOnlySpan<byte> table)
    {
        long[] offsets = new long[table.Length / 8];
        for (int i = 0; i < offsets.Length; i++)
            offsets[i] = BinaryPrimitives.ReadInt64LittleEndian(table[(8 * i)..]);
        return offsets;
    }
}
