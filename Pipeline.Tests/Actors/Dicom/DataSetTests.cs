using CsCheck;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

public sealed class DataSetTests(ITestOutputHelper output)
{
    private static DicomDataSet Nested() => TestImages.Gray("1.2.3", 4, 4, i => i)
        .Set(DicomTags.ModalityLutSequence,
        [
            new DicomDataSet().Set(DicomTags.LutDescriptor, 2, 0, 16).Set(DicomTags.LutData, DicomVR.OW, new byte[] { 1, 0, 2, 0 }),
            new DicomDataSet().Set(DicomTags.ReferencedImageSequence, [new DicomDataSet().Set(DicomTags.ReferencedSopInstanceUid, "1.2.9")]),
        ])
        .Set(new DicomTag(0x0009, 0x0010), DicomVR.LO, "VENDOR"u8.ToArray())
        .Set(new DicomTag(0x0009, 0x1001), DicomVR.UN, new byte[] { 1, 2, 3, 4 });

    [Fact]
    public void What_is_written_reads_back_in_both_little_endian_syntaxes()
    {
        foreach (TransferSyntax syntax in new[] { TransferSyntax.ExplicitLittle, TransferSyntax.ImplicitLittle })
        {
            byte[] bytes = DicomWriter.WriteDataSet(Nested(), syntax);
            DicomDataSet read = DicomReader.ReadDataSet(bytes, syntax).Require();
            Assert.Equal(Nested().Elements.Select(e => e.Tag), read.Elements.Select(e => e.Tag));
            Assert.Equal("1.2.9", read.Find(DicomTags.ModalityLutSequence)!.Items![1].Find(DicomTags.ReferencedImageSequence)!.Items![0]
                .Text(DicomTags.ReferencedSopInstanceUid));
            Assert.Equal(TestImages.PlantedName, read.Text(DicomTags.PatientName));
            Assert.Equal(bytes, DicomWriter.WriteDataSet(read, syntax));
        }
    }

    [Fact]
    public async Task Dcmftest_and_dcmdump_read_what_is_written()
    {
        if (!Dcmtk.Present(output))
            return;
        using var folder = new TestFolder();
        string file = TestImages.Write(folder.Path, Nested());
        (int exit, string text) = await Dcmtk.RunAsync("dcmftest", file);
        Assert.True(exit == 0, text);
        (exit, text) = await Dcmtk.RunAsync("dcmdump", "+P", "0010,0010", file);
        Assert.True(exit == 0 && text.Contains(TestImages.PlantedName, StringComparison.Ordinal), text);
    }

    [Fact]
    public void Changed_and_cut_bytes_give_a_data_set_or_a_fault_with_an_offset_inside_the_input()
    {
        byte[] whole = DicomWriter.WriteFile(Nested());
        Gen.Select(Gen.Int[132, whole.Length], Gen.Int[132, whole.Length - 1], Gen.Byte).Sample((length, at, value) =>
        {
            byte[] changed = whole[..length];
            if (at < length)
                changed[at] = value;
            Outcome<DicomFile> read = DicomReader.ReadFile(changed);
            Assert.True(read.Ok || read.Fault.Offset is null || read.Fault.Offset <= length);
        }, iter: 30_000);
    }

    [Fact]
    public void A_length_beyond_the_bytes_present_is_a_fault_that_names_tag_and_both_numbers()
    {
        byte[] bytes = [0x10, 0, 0x10, 0, (byte)'U', (byte)'N', 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2];
        Fault fault = DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitLittle).Fault!;
        Assert.Contains("(0010,0010) claims 2147483647", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, fault.Offset);
    }

    [Fact]
    public void Sequences_deeper_than_the_limit_are_a_fault_and_not_a_stack_overflow()
    {
        byte[] level = [0x08, 0, 0x40, 0x11, (byte)'S', (byte)'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF];
        byte[] bytes = [.. Enumerable.Repeat(level, 10_000).SelectMany(b => b)];
        Assert.Contains("deeper", DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitLittle).Fault!.Message, StringComparison.Ordinal);
    }
}
