using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Host.Commands;
using Pipeline.Host.Import;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Import;

public sealed class ImportTests
{
    [Fact]
    public async Task Images_become_objects_that_a_reader_takes_and_labels_a_file_of_their_own()
    {
        using var task = new GeneratedTask("discs", 2, 5, 1);
        string output = Path.Combine(task.Root, "dicom");
        using var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Ok, await ImportRunner.RunAsync(new ImportRequest(task.Root, output, null), terminal.Terminal, CancellationToken.None));

        string[] files = Directory.GetFiles(Path.Combine(output, "discs", "site-0"), "*.dcm");
        Assert.Equal(10, files.Length);
        var folder = TaskFolder.Read(task.Folder);
        var first = folder.Images.First(i => i.Institution == "site-0");
        string uid = new ImageWrapper(folder).InstanceUid(first);
        byte[] bytes = await File.ReadAllBytesAsync(Path.Combine(output, "discs", "site-0", uid + ".dcm"));
        var dataSet = DicomReader.ReadFile(bytes, new DicomReadLimits()).Require().DataSet;
        Assert.Equal("MR", dataSet.Text(DicomTags.Modality));
        Assert.Equal("site-0", dataSet.Text(DicomTags.InstitutionName));
        Assert.Equal(first.Patient, dataSet.Text(DicomTags.PatientId));
        Assert.StartsWith("2.25.", uid, StringComparison.Ordinal);
        Assert.False(dataSet.Contains(DicomTags.PixelSpacing));
        Assert.Equal(12, dataSet.Int(DicomTags.BitsStored));
        byte[] gray = GrayImage.Read(Path.Combine(task.Folder, first.File)).Require().Pixels;
        var pixels = dataSet.Find(DicomTags.PixelData)!.Value;
        Assert.All(Enumerable.Range(0, gray.Length), i => Assert.Equal(gray[i] * 16, pixels.Span[2 * i] | pixels.Span[2 * i + 1] << 8));
        Assert.DoesNotContain("disc", System.Text.Encoding.Latin1.GetString(bytes).Replace("discs", "", StringComparison.Ordinal), StringComparison.Ordinal);
        string[] labels = await File.ReadAllLinesAsync(Path.Combine(output, "discs", "site-0", "labels.csv"));
        Assert.Equal("sop_instance_uid,label,split", labels[0]);
        Assert.Contains(labels, line => line == $"{uid},none,train");
    }

    [Fact]
    public async Task What_cannot_be_taken_is_named_and_the_rest_goes_on()
    {
        using var task = new GeneratedTask("discs", 1, 4, 2);
        await File.WriteAllBytesAsync(Path.Combine(task.Folder, "images", "0-0.png"), [1, 2, 3]);
        File.Delete(Path.Combine(task.Folder, "images", "0-1.png"));
        await File.AppendAllLinesAsync(task.LabelFile,
        [
            "images/x.png,,train,site-0,p", "images/y.png,cat,train,site-0,p", "images/z.png,disc,holdout,site-0,p", "../secret.png,disc,train,site-0,p",
            "images/w.png,disc,train,site-0,", "images/0-2.png,disc,train,site-0,patient-0-2",
        ]);
        using var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Ok, await ImportRunner.RunAsync(new ImportRequest(task.Folder, Path.Combine(task.Root, "out"), null), terminal.Terminal, CancellationToken.None));

        string said = terminal.Errors;
        foreach (string problem in new[]
        {
            "no label", "label 'cat' is none of none, disc", "split 'holdout'", "outside the task's folder", "no file, institution or patient",
            "0-0.png: no image", "0-1.png: Could not find", "images/0-2.png: 2 lines name it",
        })
        {
            Assert.Contains(problem, said, StringComparison.Ordinal);
        }

        Assert.Equal(5, Directory.GetFiles(Path.Combine(task.Root, "out"), "*.dcm", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void A_folder_without_modality_or_columns_says_what_is_missing()
    {
        using var task = new GeneratedTask("discs", 1, 1, 3);
        File.Delete(Path.Combine(task.Root, "tasks.json"));
        Assert.Contains("--modality", Assert.Throws<InvalidDataException>(() => TaskFolder.Read(task.Folder)).Message, StringComparison.Ordinal);
        Assert.Equal(["disc", "none"], TaskFolder.Read(task.Folder, "CR").Classes);
        File.WriteAllText(task.LabelFile, "file,label\na.png,disc\n");
        Assert.Contains("institution, patient", Assert.Throws<InvalidDataException>(() => TaskFolder.Read(task.Folder, "CR")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Splits_follow_the_file_and_otherwise_wait_for_the_patients_hash()
    {
        using var task = new GeneratedTask("discs", 1, 5, 4);
        File.AppendAllLines(task.LabelFile, ["images/none.png,disc,,site-0,p"]);
        var images = TaskFolder.Read(task.Folder).Images;
        Assert.Contains(images, i => i.Split == DataSplit.Validation);
        Assert.Contains(images, i => i.Split == DataSplit.Test);
        Assert.Null(images[^1].Split);
    }

    [Theory]
    [InlineData("a,\"b, c\",d", new[] { "a", "b, c", "d" })]
    [InlineData("\"say \"\"yes\"\"\",", new[] { "say \"yes\"", "" })]
    [InlineData("\"two\nlines\",x", new[] { "two\nlines", "x" })]
    public void Quoted_cells_are_read_whole(string text, string[] cells) => Assert.Equal(cells, Assert.Single(CsvRecords.Read(new StringReader(text))).Cells);
}
