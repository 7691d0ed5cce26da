using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest.Labels;

/// <summary>A watched label file: what changed is told, what is wrong is named by line and never by content.</summary>
public sealed class CsvLabelSourceTests : IDisposable
{
    private static readonly SiteKey Key = new(new byte[32]);
    private readonly TestFolder _folder = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "labels.csv");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Added_changed_and_removed_rows_are_told_and_nothing_else()
    {
        CsvLabelSource source = Write("patient_id,label\nP1,normal\nP2,opacity\nP3,0\n");
        Assert.Equal([Of("P1", 0), Of("P2", 1), Of("P3", 0)], source.Poll());
        Assert.True(source.IsComplete);
        Assert.Empty(source.Poll());
        File.WriteAllText(Path, "patient_id,label\nP2,normal\nP3,normal\n\"P4\",\"opacity\"\n");
        Assert.Equal([Of("P2", 0), Of("P4", 1), Of("P1", LabelEntry.Withdrawn)], source.Poll());
        Assert.Empty(source.Problems);
    }

    [Fact]
    public void What_is_wrong_is_named_by_line_and_a_wrong_label_takes_the_old_one_back()
    {
        CsvLabelSource source = Write("accession_number,label,split\nA1,normal,\nA2,opacity,train\n");
        source.Poll();
        File.WriteAllText(Path, "accession_number,label,split\nA1,unheard,\n,normal,\nA2,,train\nA3,normal,sometimes\nA4,normal\nA5,normal,\nA6,0,\nA5,opacity,\n");
        IReadOnlyList<LabelEntry> told = source.Poll();
        Assert.Equal([Key.Pseudonym(PseudonymKind.Accession, "A6")], told.Where(e => e.Label >= 0).Select(e => e.Key));
        Assert.Equal(2, told.Count(e => e.Label == LabelEntry.Withdrawn));
        Assert.Equal(
            [
                "Line 2: the label is none of normal, opacity.", "Line 3: no key.", "Line 4: no label.", "Line 5: the split is none of train, validation, test.",
                "Line 6: 2 cells where the header has 3.", "Line 9: the key of line 7 again with another label or split; neither counts.",
            ],
            source.Problems);
        Assert.All(source.Problems, problem => Assert.DoesNotContain("A1", problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_goes_away_or_loses_its_header_changes_no_label()
    {
        CsvLabelSource source = Write("sop_instance_uid,label\n1.2.3,opacity\n");
        Assert.Single(source.Poll());
        File.WriteAllText(Path, "1.2.3,opacity\n");
        Assert.Empty(source.Poll());
        Assert.StartsWith("Line 1: needs a column", Assert.Single(source.Problems), StringComparison.Ordinal);
        File.Delete(Path);
        Assert.Empty(source.Poll());
        Assert.Contains("what it said last stands", Assert.Single(source.Problems), StringComparison.Ordinal);
    }

    private static LabelEntry Of(string patient, int label) => new(Key.Pseudonym(PseudonymKind.Patient, patient), label);

    private CsvLabelSource Write(string text)
    {
        File.WriteAllText(Path, text);
        return new CsvLabelSource(Path, ["normal", "opacity"], Key);
    }
}
