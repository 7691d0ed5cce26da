using System.Buffers.Binary;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom.Pixels;

/// <summary>Frames out of fragments, with and without offset tables.</summary>
public sealed class EncapsulatedFramesTests
{
    private static readonly byte[][] Streams = [.. Enumerable.Range(1, 3).Select(i => Even(new LosslessJpegEncoder(4, 4, 8, 1).Encode([Plane(i)])))];

    [Fact]
    public void A_fragment_a_frame_needs_no_table() => Check(ReadOnlyMemory<byte>.Empty, Streams);

    [Fact]
    public void A_basic_offset_table_groups_fragments()
    {
        byte[][] fragments = [.. Streams.SelectMany(Halves)];
        Check(Table(fragments, every: 2), fragments);
    }

    [Fact]
    public void A_wrong_table_is_not_believed()
    {
        byte[][] fragments = [.. Streams.SelectMany(Halves)];
        byte[] table = Table(fragments, every: 2);
        table[4]++;
        Check(table, fragments);
    }

    [Fact]
    public void An_extended_offset_table_goes_before_the_basic_one()
    {
        byte[][] fragments = [.. Streams.SelectMany(Halves)];
        byte[] wide = [.. Offsets(fragments, every: 2).SelectMany(offset => BitConverter.GetBytes((long)offset))];
        DicomDataSet dataSet = EncapsulatedImages.Of(4, 4, 1, 8, 3, null, ReadOnlyMemory<byte>.Empty, fragments);
        Check(dataSet.Set(DicomTags.ExtendedOffsetTable, DicomVR.OV, wide));
    }

    [Fact]
    public void Without_a_table_a_start_of_image_begins_a_frame() => Check(ReadOnlyMemory<byte>.Empty, [.. Streams.SelectMany(Halves)]);

    [Fact]
    public void Frames_cut_anywhere_are_split_where_one_image_ends_and_the_next_starts()
    {
        byte[] joined = [.. Streams.SelectMany(stream => stream)];
        Check(ReadOnlyMemory<byte>.Empty, joined);
        Check(ReadOnlyMemory<byte>.Empty, [.. joined.Chunk(10)]);
    }

    [Fact]
    public void Fragments_that_do_not_divide_into_frames_are_a_fault()
    {
        DicomDataSet dataSet = EncapsulatedImages.Of(4, 4, 1, 8, 5, null, ReadOnlyMemory<byte>.Empty, Streams);
        Fault fault = new EmbeddedToolkit().DecodePixels(dataSet, TransferSyntax.Of("1.2.840.10008.1.2.4.70"), 0).Fault!;
        Assert.Contains("3 pixel fragments do not divide into 5 frames", fault.Message, StringComparison.Ordinal);
    }

    private static void Check(ReadOnlyMemory<byte> table, params byte[][] fragments) => Check(EncapsulatedImages.Of(4, 4, 1, 8, 3, null, table, fragments));

    private static void Check(DicomDataSet dataSet)
    {
        for (int frame = 0; frame < 3; frame++)
        {
            Outcome<NativePixels> pixels = new EmbeddedToolkit().DecodePixels(dataSet, TransferSyntax.Of("1.2.840.10008.1.2.4.70"), frame);
            Assert.Equal(Array.ConvertAll(Plane(frame + 1), value => (byte)value), pixels.Require().Bytes.ToArray());
        }
    }

    private static int[] Plane(int seed) => [.. Enumerable.Range(0, 16).Select(i => (i * seed) & 0xFF)];

    private static byte[] Even(byte[] stream) => stream.Length % 2 == 0 ? stream : [.. stream, 0];

    private static byte[][] Halves(byte[] stream) => [stream[..20], stream[20..]];

    private static IEnumerable<int> Offsets(byte[][] fragments, int every)
    {
        int at = 0;
        for (int i = 0; i < fragments.Length; i++)
        {
            if (i % every == 0)
                yield return at;
            at += 8 + fragments[i].Length;
        }
    }

    private static byte[] Table(byte[][] fragments, int every)
    {
        int[] offsets = [.. Offsets(fragments, every)];
        byte[] table = new byte[4 * offsets.Length];
        for (int i = 0; i < offsets.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4 * i), offsets[i]);
        return table;
    }
}
