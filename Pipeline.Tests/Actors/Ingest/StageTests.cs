using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>The pure stages, and the stores behind them.</summary>
public sealed class StageTests
{
    private static readonly SiteKey Key = new(new byte[32]);

    [Fact]
    public void Deidentification_leaves_no_planted_value_and_keeps_the_pixels()
    {
        DicomDataSet original = TestImages.Gray("1.2.3", 16, 16, i => i)
            .Set(new DicomTag(0x0009, 0x0010), DicomVR.LO, "MUSTERMANN"u8.ToArray())
            .Set(DicomTags.RequestAttributesSequence, [new DicomDataSet().Set(DicomTags.AccessionNumber, TestImages.PlantedAccession)]);
        DicomDataSet clean = new Deidentifier(Key, new DeidentificationProfile()).Apply(original).DataSet;
        string bytes = System.Text.Encoding.Latin1.GetString(DicomWriter.WriteDataSet(clean, TransferSyntax.ExplicitLittle));
        Assert.All(TestImages.Planted, planted => Assert.DoesNotContain(planted, bytes, StringComparison.OrdinalIgnoreCase));
        Assert.Equal("YES", clean.Text(DicomTags.PatientIdentityRemoved));
        Assert.Equal(Key.Uid("1.2.3"), clean.Text(DicomTags.SopInstanceUid));
        Assert.Equal(Key.Pseudonym(PseudonymKind.Patient, TestImages.PlantedId), clean.Text(DicomTags.PatientId));
        Assert.Equal(original.Find(DicomTags.PixelData), clean.Find(DicomTags.PixelData));
        Assert.InRange(Key.Uid("1.2.3").Length, 6, 64);
    }

    [Theory]
    [InlineData("MONOCHROME2", false, 0, 0)]
    [InlineData("MONOCHROME1", false, 0, 65535)]
    [InlineData("MONOCHROME2", true, -2048, 0)]
    public void The_window_maps_the_whole_range_exactly_and_monochrome1_is_inverted(string photometric, bool signed, int lowest, int first)
    {
        DicomDataSet image = TestImages.Gray("1.2", 64, 64, i => lowest + i, photometric: photometric, signed: signed)
            .Set(DicomTags.WindowCenter, $"{2048 + lowest}").Set(DicomTags.WindowWidth, "4096");
        NativeFrame frame = NativeDecoder.Decode(image, TransferSyntax.ExplicitLittle, 0).Require();
        double[] gray = GrayscaleTransform.Apply(frame, image).Require();
        Assert.Equal(first, gray[0], 6);
        Assert.Equal(65535 - first, gray[^1], 6);
        for (int i = 0; i < gray.Length; i++)
            Assert.Equal(first == 0 ? i * 65535.0 / 4095 : 65535 - i * 65535.0 / 4095, gray[i], 6);
    }

    [Fact]
    public void Sixteen_bit_values_in_a_sixteen_bit_window_pass_unchanged()
    {
        DicomDataSet image = TestImages.Gray("1.2", 256, 256, i => i, bitsStored: 16)
            .Set(DicomTags.WindowCenter, "32768").Set(DicomTags.WindowWidth, "65536");
        NativeFrame frame = NativeDecoder.Decode(image, TransferSyntax.ExplicitLittle, 0).Require();
        double[] gray = GrayscaleTransform.Apply(frame, image).Require();
        Assert.All(Enumerable.Range(0, 65536), i => Assert.Equal(i, (int)Math.Floor(gray[i] + .5)));
    }

    [Fact]
    public void Bits_above_the_high_bit_are_dropped_and_the_sign_is_extended()
    {
        DicomDataSet image = TestImages.Gray("1.2", 1, 2, i => i == 0 ? 0xF7FF : 0x0FFF, bitsStored: 12, signed: true);
        Assert.Equal([2047, -1], NativeDecoder.Decode(image, TransferSyntax.ExplicitLittle, 0).Require().Values);
    }

    [Fact]
    public void Shrinking_averages_areas_and_growing_a_ramp_keeps_it_linear()
    {
        Assert.Equal([2.5], Resampler.Resize([1, 2, 3, 4], 2, 2, 1, 1));
        double[] thirds = Resampler.Resize([0, 3, 6], 1, 3, 1, 2);
        Assert.Equal(1, thirds[0], 5);
        Assert.Equal(5, thirds[1], 5);
        double[] ramp = Resampler.Resize([0, 10], 1, 2, 1, 4);
        Assert.Equal([0, 2.5, 7.5, 10], ramp.Select(v => Math.Round(v, 5)));
    }

    [Fact]
    public void The_split_follows_the_fractions_and_depends_on_the_patient_alone()
    {
        var fractions = new SplitFractions(.2, .1);
        string[] patients = [.. Enumerable.Range(0, 5000).Select(i => Key.Pseudonym(PseudonymKind.Patient, $"p{i}"))];
        Assert.InRange(patients.Count(p => fractions.Of(p) == DataSplit.Validation), 850, 1150);
        Assert.InRange(patients.Count(p => fractions.Of(p) == DataSplit.Test), 400, 600);
        Assert.All(patients, p => Assert.Equal(fractions.Of(p), fractions.Of(p)));
    }

    [Fact]
    public void A_label_file_is_read_by_names_and_indices_and_read_again_when_it_changes()
    {
        using var folder = new TestFolder();
        string path = Path.Combine(folder.Path, "labels.csv");
        File.WriteAllText(path, "sop_instance_uid,patient_id,label,split\n1.2.3,,opacity,test\n,P1,0,\n,,1,\n1.2.4,,unheard,\n");
        var source = new CsvLabelSource(path, ["normal", "opacity"], Key);
        Assert.Equal(
            [new LabelEntry(Key.Pseudonym(PseudonymKind.Instance, "1.2.3"), 1, DataSplit.Test), new LabelEntry(Key.Pseudonym(PseudonymKind.Patient, "P1"), 0)],
            source.Poll());
        Assert.Equal(2, source.Problems.Count);
        Assert.Empty(source.Poll());
        File.AppendAllText(path, "1.2.5,,normal,\n");
        Assert.Single(source.Poll());
        File.Delete(path);
        Assert.Empty(source.Poll());
        Assert.Equal([$"There is no file {path} any more; what it said last stands."], source.Problems);
    }

    [Fact]
    public void Samples_read_back_after_a_restart_and_a_torn_tail_and_repeats_are_no_ops()
    {
        using var folder = new TestFolder();
        Sample[] samples = [.. Enumerable.Range(0, 10).Select(i => new Sample(
            $"id{i}", $"p{i}", i % 2, (DataSplit)(i % 3), 2, 3, [.. Enumerable.Range(i, 6).Select(v => (ushort)(v * 9999))]))];
        using (var store = new FileSampleStore(folder.Path, 2, 0, new DiskFileSystem()))
        {
            store.Append(samples);
            store.Append(samples[..3]);
            Assert.Throws<ArgumentException>(() => store.Append([samples[0] with { Pixels = new ushort[6] }]));
        }
        string file = Path.Combine(folder.Path, "samples.log");
        using (FileStream tail = File.OpenWrite(file))
            tail.SetLength(tail.Length - 1);
        using var again = new FileSampleStore(folder.Path, 2, 1 << 20, new DiskFileSystem());
        Assert.Equal(9, again.Count);
        Assert.False(again.Contains("id9"));
        Assert.Equal([2, 1], again.Counts[0].Select(c => c));
        foreach (DataSplit split in Enum.GetValues<DataSplit>())
        {
            Sample[] expected = [.. samples[..9].Where(s => s.Split == split)];
            IReadOnlyList<Sample> found = again.Snapshot(split);
            Assert.Equal(expected.Select(s => (s.Id, s.Patient, s.Label)), found.Select(s => (s.Id, s.Patient, s.Label)));
            Assert.Equal(expected.SelectMany(s => s.Pixels), found.SelectMany(s => s.Pixels));
        }
    }
}
