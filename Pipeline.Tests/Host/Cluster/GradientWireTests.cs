using Pipeline.Actors.Training;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Host.Cluster;
using Xunit;

namespace Pipeline.Tests.Host.Cluster;

/// <summary>Parts of steps and what comes of them, as bytes.</summary>
public sealed class GradientWireTests
{
    private static readonly GradientWork Work = new(
        [1, -2], [new MarkedImage(new UInt128(0x1122334455667788, 0x99aabbccddeeff00), new AugmentationDraw(-1, 2, true, 1.5f, 0.25f))], [0.5f, 2], 3.5);

    [Fact]
    public void Work_and_parts_have_these_bytes()
    {
        byte[] bytes = GradientWire.Encode(258, Work);
        Assert.Equal(
            Convert.ToHexStringLower(Golden.Parse("""
                01 0201000000000000 0000000000000c40 02000000 0000003f 00000040
                01000000 00ffeeddccbbaa998877665544332211 ffff 0200 01 0000c03f 0000803e
                0000803f 000000c0
                """)),
            Convert.ToHexStringLower(bytes));
        var (number, work) = GradientWire.DecodeWork(bytes, 2);
        Assert.Equal((258, Work.Whole), (number, work.Whole));
        Assert.Equal(Work.Weights, work.Weights);
        Assert.Equal(Work.Images, work.Images);
        Assert.Equal(Work.ClassWeights, work.ClassWeights);

        bytes = GradientWire.Encode(258, new GradientPart(3.5, [1, -2]));
        Assert.Equal("010201000000000000010000000000000c400000803f000000c0", Convert.ToHexStringLower(bytes));
        var part = GradientWire.DecodePart(bytes, 2);
        Assert.Equal((258, 3.5, null), (part.Number, part.Part.Loss, part.Part.Fault));
        Assert.Equal([1, -2], part.Part.Gradient);
        bytes = GradientWire.Encode(1, GradientPart.Failed("no"));
        Assert.Equal("01010000000000000002" + "6e6f", Convert.ToHexStringLower(bytes));
        Assert.Equal("no", GradientWire.DecodePart(bytes, 2).Part.Fault);
    }

    [Fact]
    public void What_is_no_work_or_part_of_the_network_is_refused()
    {
        byte[] work = GradientWire.Encode(1, Work), part = GradientWire.Encode(1, new GradientPart(1, [1, 2]));
        foreach (byte[] bad in (byte[][])[[], work[..^1], [.. work, 0], [2, .. work[1..]]])
            Assert.Throws<InvalidDataException>(() => GradientWire.DecodeWork(bad, 2));
        foreach (byte[] bad in (byte[][])[[], part[..^1], [.. part, 0], [2, .. part[1..]], [.. part[..9], 9, .. part[10..]]])
            Assert.Throws<InvalidDataException>(() => GradientWire.DecodePart(bad, 2));
        Assert.Throws<InvalidDataException>(() => GradientWire.DecodeWork(work, 3));
        byte[] many = [.. work];
        many.AsSpan(29, 4).Fill(0xff);
        Assert.Throws<InvalidDataException>(() => GradientWire.DecodeWork(many, 2));
    }

    [Fact]
    public void Frames_come_out_whole_wherever_the_stream_was_cut()
    {
        var random = new Random(1);
        byte[][] frames = [.. new[] { 1, 59_996, 59_997, 200_000, 3 }.Select(length => new byte[length])];
        foreach (byte[] frame in frames)
            random.NextBytes(frame);
        byte[][] pieces = [.. frames.SelectMany(GradientFraming.Pieces)];
        Assert.All(pieces, piece => Assert.InRange(piece.Length, 1, Bulk.PieceBytes));
        foreach (int cut in (int[])[Bulk.PieceBytes, 1_000, 7])
        {
            var framing = new GradientFraming(200_000);
            Assert.Equal(frames, pieces.SelectMany(piece => piece).Chunk(cut).SelectMany(framing.Take));
        }

        Assert.Throws<InvalidDataException>(() => new GradientFraming(199_999).Take(GradientFraming.Pieces(frames[3]).First()));
    }
}
