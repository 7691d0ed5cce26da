using System.Security.Cryptography;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>Reading and decoding on real files.</summary>
public sealed class CorpusTests(ITestOutputHelper output)
{
    private static readonly string[] Uncompressed =
        ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"];

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
    public void Pixel_data_of_uncompressed_files_has_the_reference_hash()
    {
        if (Corpus.Find(output) is not { } corpus)
            return;
        int compared = 0;
        var wrong = new List<string>();
        foreach (Dictionary<string, string> row in corpus.Rows)
        {
            if (row["valid"] != "yes" || row["ref_pixel_sha256"].Length == 0 || !Uncompressed.Contains(row["ts_uid"]))
                continue;
            Outcome<DicomFile> file = DicomReader.ReadFile(File.ReadAllBytes(corpus.PathOf(row)));
            ReadOnlyMemory<byte> pixels = file.Value?.DataSet.Find(DicomTags.PixelData)?.Value ?? default;
            compared++;
            if (Convert.ToHexStringLower(SHA256.HashData(pixels.Span)) != row["ref_pixel_sha256"])
                wrong.Add($"{row["path"]}: {pixels.Length} bytes, reference {row["ref_pixel_bytes"]}; {file.Fault}");
        }
        output.WriteLine($"{compared} files compared");
        Assert.True(compared > 0);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_uncompressed_grayscale_file_decodes_to_its_rows_times_columns()
    {
        if (Corpus.Find(output) is not { } corpus)
            return;
        var toolkit = new EmbeddedToolkit();
        foreach (Dictionary<string, string> row in corpus.Rows)
        {
            if (row["valid"] != "yes" || row["ref_pixel_sha256"].Length == 0 || !Uncompressed.Contains(row["ts_uid"]) || row["samples"] != "1"
                || !row["photometric"].StartsWith("MONOCHROME", StringComparison.Ordinal) || row["bits_alloc"] is not ("8" or "16" or "32"))
                continue;
            DicomFile file = DicomReader.ReadFile(File.ReadAllBytes(corpus.PathOf(row))).Require();
            Assert.Equal(int.Parse(row["rows"], null) * int.Parse(row["cols"], null), toolkit.DecodeFrame(file.DataSet, file.Syntax, 0).Require().Values.Length);
        }
    }
}
