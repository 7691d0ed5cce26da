using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom.Pixels;

/// <summary>What DCMTK compresses, decoded here: lossless to the bit, lossy to a unit of what DCMTK decodes.</summary>
public sealed class DcmtkCodecTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("dcmcrle")]
    [InlineData("dcmcjpeg", "+e1")]
    [InlineData("dcmcjpeg", "+el", "+sv", "6")]
    [InlineData("dcmcjpls")]
    [InlineData("dcmconv", "+tb")]
    [InlineData("dcmconv", "+ti")]
    [InlineData("dcmconv", "+td")]
    public async Task Lossless(string tool, params string[] options)
    {
        if (!Dcmtk.Present(output) || (tool == "dcmcjpls" && !HasCharLs()))
            return;
        using var folder = new TestFolder();
        string source = TestImages.Write(folder.Path, TestImages.Gray("1.2.3", 61, 83, i => (i * i) ^ (i >> 3), bitsStored: 16));
        string compressed = Path.Combine(folder.Path, "compressed.dcm");
        (int exit, string text) = await Dcmtk.RunAsync(tool, [.. options, source, compressed]);
        Assert.True(exit == 0, text);
        DicomInspection expected = Inspect(source), found = Inspect(compressed);
        Assert.NotNull(expected.PixelSha256);
        Assert.NotEqual(expected.TransferSyntax, found.TransferSyntax);
        Assert.Equal(expected.PixelSha256, found.PixelSha256);
    }

    [Theory]
    [InlineData("+eb", 8)]
    [InlineData("+ee", 12)]
    [InlineData("+ep", 12)]
    public async Task Lossy(string process, int bits)
    {
        if (!Dcmtk.Present(output))
            return;
        using var folder = new TestFolder();
        int top = (1 << bits) - 1;
        DicomDataSet image = TestImages.Gray("1.2.3", 64, 70, i => top * (i % 70 + i / 70) / 133, bitsStored: (ushort)bits);
        if (bits == 8)
        {
            byte[] pixels = [.. Enumerable.Range(0, 64 * 70).Select(i => (byte)(top * (i % 70 + i / 70) / 133))];
            image.Set(DicomTags.BitsAllocated, 8).Set(DicomTags.PixelData, DicomVR.OB, pixels);
        }
        string source = TestImages.Write(folder.Path, image);
        string compressed = Path.Combine(folder.Path, "compressed.dcm"), back = Path.Combine(folder.Path, "back.dcm");
        (int exit, string text) = await Dcmtk.RunAsync("dcmcjpeg", process, "+q", "90", source, compressed);
        Assert.True(exit == 0, text);
        (exit, text) = await Dcmtk.RunAsync("dcmdjpeg", compressed, back);
        Assert.True(exit == 0, text);
        int[] expected = Values(back), found = Values(compressed);
        Assert.Equal(expected.Length, found.Length);
        Assert.True(expected.Zip(found, (a, b) => Math.Abs(a - b)).Max() <= 1);
    }

    private bool HasCharLs()
    {
        if (TransferSyntaxes.IsDecodable("1.2.840.10008.1.2.4.80"))
            return true;
        output.WriteLine("NOT CHECKED: CharLS (Debian package libcharls2) is not installed.");
        return false;
    }

    private static DicomInspection Inspect(string path) => DicomInspector.Inspect(File.ReadAllBytes(path), new DicomReadLimits());

    private static int[] Values(string path)
    {
        DicomFile file = DicomReader.ReadFile(File.ReadAllBytes(path)).Require();
        return NativeDecoder.Decode(file.DataSet, file.Syntax, 0).Require().Values;
    }
}
