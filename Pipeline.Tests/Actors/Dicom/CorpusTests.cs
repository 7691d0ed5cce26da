using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>Reading and decoding on real files.</summary>
public sealed class CorpusTests(ITestOutputHelper output)
{
    private static readonly string[] LossyJpeg =
        ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"];

    [Fact]
    public void Every_valid_file_reads_and_every_other_reads_or_is_a_fault()
    {
        if (Corpus.Find(output) is not { } corpus)
            return;
        var refused = new List<string>();
        IReadOnlyList<Dictionary<string, string>> rows = corpus.Rows;
        foreach (Dictionary<string, string> row in rows)
        {
            Outcome<DicomFile> file = DicomReader.ReadFile(File.ReadAllBytes(corpus.PathOf(row)));
            if (!file.Ok && row["valid"] == "yes" && row["ts_uid"].StartsWith("1.2.840.10008", StringComparison.Ordinal))
                refused.Add($"{row["path"]}: {file.Fault}");
        }
        output.WriteLine($"{rows.Count} files");
        Assert.True(refused.Count == 0, string.Join('\n', refused));
    }

    [Fact]
    public void Every_file_is_inspected_and_lossless_pixels_have_the_reference_digest()
    {
        if (Corpus.Find(output) is not { } corpus)
            return;
        int compared = 0;
        var wrong = new List<string>();
        foreach (Dictionary<string, string> row in corpus.Rows)
        {
            byte[] bytes = File.ReadAllBytes(corpus.PathOf(row));
            DicomInspection found = DicomInspector.Inspect(bytes, new DicomReadLimits());
            if (!found.Valid && (row["valid"] == "yes" || found.Reason is null || found.Offset is null || found.Offset > bytes.Length))
                wrong.Add($"{row["path"]}: {found}");
            // A reference with color by plane is digested by plane, and lossy JPEG differs between decoders by a unit.
            if (row["ref_pixel_sha256"].Length == 0 || row["ref_planar"] == "1" || LossyJpeg.Contains(row["ts_uid"]))
                continue;
            if (row["ts_uid"].Length > 0 && !TransferSyntaxes.IsDecodable(row["ts_uid"]))
            {
                output.WriteLine($"NOT CHECKED: {row["path"]}, no decoder for {row["ts_uid"]} is installed.");
                continue;
            }
            compared++;
            if (found.PixelSha256 != row["ref_pixel_sha256"])
                wrong.Add($"{row["path"]}: {found}; reference {row["ref_pixel_bytes"]} bytes");
        }
        output.WriteLine($"{compared} files compared");
        Assert.True(compared > 0);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_gray_frame_decodes_to_its_rows_times_columns()
    {
        if (Corpus.Find(output) is not { } corpus)
            return;
        IDicomToolkit toolkit = new EmbeddedToolkit();
        foreach (Dictionary<string, string> row in corpus.Rows)
        {
            if (row["valid"] != "yes" || row["ref_pixel_sha256"].Length == 0 || !toolkit.Decodable.Contains(row["ts_uid"]))
                continue;
            DicomFile file = DicomReader.ReadFile(File.ReadAllBytes(corpus.PathOf(row))).Require();
            Outcome<NativeFrame> frame = toolkit.DecodeFrame(file.DataSet, file.Syntax, 0);
            Assert.True(frame.Ok, $"{row["path"]}: {frame.Fault}");
            Assert.Equal(int.Parse(row["rows"], null) * int.Parse(row["cols"], null), frame.Value.Values.Length);
        }
    }
}
