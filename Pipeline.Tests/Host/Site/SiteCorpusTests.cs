using System.Globalization;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Tests.Actors.Dicom;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>Real files of many vendors, pushed to a running site by DCMTK: each has a known fate, and nothing acknowledged is lost.</summary>
public sealed class SiteCorpusTests(ITestOutputHelper output) : IDisposable
{
    private const string Conflict = "conflict";
    private readonly TestFolder _folder = new();

    /// <summary>What storescu was told about a file.</summary>
    private enum Answer
    {
        /// <summary>Unreadable for storescu, or no transfer syntax in common.</summary>
        NotSent,
        Success,
        Warning,
        Failure,
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_file_is_a_sample_in_quarantine_out_of_scope_or_was_never_acknowledged()
    {
        if (Corpus.Find(output) is not { } corpus || !Dcmtk.Present(output))
            return;
        await using var site = await RunningSite.StartAsync(_folder.Path, "pipeline.chains.all { ae-title = ALL, height = 32, width = 32 }");
        var fates = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var acknowledged = new List<(Dictionary<string, string> Row, string Uid, Answer Answer)>();
        var seen = new HashSet<string>();
        foreach (Dictionary<string, string> row in corpus.Rows)
        {
            Answer answer = await PushAsync(site, corpus.PathOf(row));
            Assert.True(answer != Answer.Failure, $"{row["path"]} was answered with a failure");
            if (answer == Answer.NotSent)
            {
                Count(Uncompressed(row) ? "never sent: storescu cannot read it or knows no class for it" : "never sent: the transfer syntax was refused");
                continue;
            }

            string uid = DicomReader.ReadFile(await File.ReadAllBytesAsync(corpus.PathOf(row))).Require().DataSet.Text(DicomTags.SopInstanceUid)!;
            bool repeated = !seen.Add(uid);
            Assert.True(repeated || answer == Answer.Success, $"{row["path"]} was answered with a warning");
            if (repeated && answer == Answer.Success)
                Count("acknowledged: held already with the same content");
            else
                acknowledged.Add((row, uid, answer));
        }

        await SettleAsync(site);
        var samples = site.Samples("all", seen);
        (QuarantinedInstance Instance, string Uid)[] quarantined = [.. Quarantine.List(site.DataDirectory).Select(held => (held.Instance, UidOf(held.File)))];
        foreach (var (row, uid, answer) in acknowledged)
        {
            string? fate = answer == Answer.Warning
                ? quarantined.Any(held => held.Uid == uid && held.Instance.Reason == Conflict) ? "quarantine" : null
                : samples.ContainsKey(uid) ? "sample"
                : quarantined.Any(held => held.Uid == uid && held.Instance.Reason != Conflict) ? "quarantine" : OutOfScope(row);
            Assert.True(fate is not null, $"{row["path"]} was acknowledged and is nowhere");
            Count("acknowledged: " + fate);
        }

        foreach (var (fate, count) in fates)
            output.WriteLine($"{count,4}  {fate}");
        Assert.Equal(corpus.Rows.Count, fates.Values.Sum());
        int successes = acknowledged.Count(a => a.Answer == Answer.Success), conflicts = quarantined.Count(held => held.Instance.Reason == Conflict);
        // The counters move behind the files, with the checkpoint; one more is the image that came last.
        var counters = await site.Handled("all", successes + conflicts + 1);
        output.WriteLine($"quarantine by reason: {string.Join(", ", counters.Quarantined)}");
        Assert.Equal(successes + conflicts + 1, counters.Received);
        Assert.Equal(successes + conflicts, samples.Count + quarantined.Length + counters.OutOfScope.Values.Sum());
        // What conflicts with one UID twice over is held once for each content; other pixels are surely another content.
        foreach (var same in acknowledged.GroupBy(a => a.Uid))
        {
            int contents = same.Select(a => a.Row["ref_pixel_sha256"]).Distinct().Count();
            Assert.True(quarantined.Count(held => held.Uid == same.Key && held.Instance.Reason == Conflict) >= contents - 1,
                $"of {contents} different images under {same.Key} not every one is held");
        }

        void Count(string fate) => fates[fate] = fates.GetValueOrDefault(fate) + 1;
    }

    /// <summary>Waits until all that came before has its place: an image sent last gets its own last.</summary>
    private static async Task SettleAsync(RunningSite site)
    {
        await using DicomAssociation association = (await site.CallAsync("ALL")).Require();
        Assert.True((await association.StoreAsync(TestImages.Gray("1.2.999", 32, 32, i => i))).Require().IsSuccess);
        await RunningSite.Until(() => site.Samples("all", ["1.2.999"]).Count == 1, () => "the image sent last was not handled");
    }

    private static bool Uncompressed(Dictionary<string, string> row) =>
        row["ts_uid"] is "1.2.840.10008.1.2" or "1.2.840.10008.1.2.1" or "1.2.840.10008.1.2.2" or "1.2.840.10008.1.2.1.99" or "";

    /// <summary>By the catalogue, not by the code under test.</summary>
    private static string? OutOfScope(Dictionary<string, string> row) =>
        row["pixel_attr"] != "PixelData" ? "out of scope: no pixel data"
        : row["samples"] is not ("" or "1") || row["photometric"] == "PALETTE COLOR" ? "out of scope: color"
        : int.TryParse(row["frames"], NumberStyles.None, CultureInfo.InvariantCulture, out int frames) && frames > 1 ? "out of scope: multi-frame"
        : null;

    private static string UidOf(string file) => DicomReader.ReadFile(File.ReadAllBytes(file)) switch
    {
        { Ok: true } read => read.Value.Meta.Text(DicomTags.MediaStorageSopInstanceUid)!,
        _ => "unreadable",
    };

    private static async Task<Answer> PushAsync(RunningSite site, string file)
    {
        (_, string text) = await Dcmtk.RunAsync("storescu", "-v", "-R", "-aec", "ALL", "127.0.0.1", site.PortText, file);
        int at = text.IndexOf("Received Store Response (", StringComparison.Ordinal);
        if (at < 0)
            return Answer.NotSent;
        string status = text[(at + "Received Store Response (".Length)..];
        return status.StartsWith("Success", StringComparison.Ordinal) ? Answer.Success
            : status.StartsWith("Warning", StringComparison.Ordinal) ? Answer.Warning : Answer.Failure;
    }
}
