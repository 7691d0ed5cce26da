using Akka.Actor;
using Akka.Configuration;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Ledger.Journals;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>
/// The journal's events as every version of them was written: <c>golden/VERSION/NAME.cbor</c> holds an entry with one record after the seal of
/// nines, <c>golden/VERSION/journal.db</c> a whole journal. These files are never changed: chains live longer than builds.
/// </summary>
public sealed class JournalGoldenTests : IDisposable
{
    private static readonly string Golden = Path.Combine(Repository.Folder("Pipeline.Tests"), "Ledger", "Consensus", "golden");
    private static readonly Digest Before = ConsensusSamples.D(9);

    private readonly ActorSystem _system = ReplicaFixture.CreateSystem("golden", Config.Empty);

    public static TheoryData<string> Events => [.. Find("*.cbor")];

    public static TheoryData<string> Journals => [.. Find("*.db")];

    public static TheoryData<string> Names => [.. ConsensusSamples.Records.Keys];

    private LedgerSerializer Serializer => (LedgerSerializer)_system.Serialization.FindSerializerForType(typeof(JournalEntry));

    public void Dispose() => _system.Terminate().Wait(ReplicaFixture.Patience);

    [Fact]
    public void An_entry_that_could_not_be_read_back_is_not_made()
    {
        var record = ConsensusSamples.Records["voted"];
        Assert.Equal(16, JournalEntry.Create(ConsensusSamples.D(9), [.. Enumerable.Repeat(record, 16)]).Records.Count);
        Assert.Throws<ArgumentException>(() => JournalEntry.Create(ConsensusSamples.D(9), [.. Enumerable.Repeat(record, 17)]));
    }

    [Fact]
    public void Every_kind_of_record_has_a_sample() => Assert.Equal(
        typeof(JournalRecord).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(JournalRecord))).Select(t => t.Name.ToLowerInvariant()).Order(),
        ConsensusSamples.Records.Keys.Order());

    [Theory]
    [MemberData(nameof(Events))]
    public void What_any_version_wrote_is_read(string file)
    {
        string manifest = $"chain-journal-entry/{Path.GetDirectoryName(file)}";

        var entry = (JournalEntry)Serializer.FromBinary(File.ReadAllBytes(Path.Combine(Golden, file)), manifest);

        Assert.True(entry.Follows(Before));
        Assert.False(entry.Follows(ConsensusSamples.D(8)));
        Assert.Equal(Path.GetFileNameWithoutExtension(file), Assert.Single(entry.Records).GetType().Name.ToLowerInvariant());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_written_today_is_the_newest_golden_file(string name)
    {
        var entry = JournalEntry.Create(Before, [ConsensusSamples.Records[name]]);
        byte[] today = Serializer.ToBinary(entry);
        string newest = Path.Combine(Golden, $"{entry.Version}", $"{name}.cbor");
        if (!File.Exists(newest))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(newest)!);
            File.WriteAllBytes(newest, today);
            Assert.Fail($"there was no golden file of '{name}' in version {entry.Version}; it is now at {newest}: look at it and commit it");
        }

        Assert.Equal(Convert.ToHexString(File.ReadAllBytes(newest)), Convert.ToHexString(today));
        Assert.Equal($"chain-journal-entry/{entry.Version}", Serializer.Manifest(entry));
        Assert.DoesNotContain(
            Find("*.cbor"),
            file => Path.GetFileNameWithoutExtension(file) == name &&
                int.Parse(Path.GetDirectoryName(file)!, System.Globalization.CultureInfo.InvariantCulture) > entry.Version);
    }

    [Fact]
    public void Entries_of_one_version_hold_what_its_builds_know()
    {
        Assert.Equal(JournalEntry.NewestVersion, ConsensusSamples.Records.Values.Max(record => JournalEntry.Create(Before, [record]).Version));
        Assert.Equal(2, JournalEntry.Create(Before, [ConsensusSamples.Records["voted"], ConsensusSamples.Records["restored"]]).Version);
        Assert.Equal(1, JournalEntry.Create(Before, [ConsensusSamples.Records["voted"]]).Version);
    }

    /// <summary>A journal that a build of that version left behind: it verifies, and its replica goes on from it.</summary>
    [Theory]
    [MemberData(nameof(Journals))]
    public async Task A_journal_of_any_version_goes_on(string file)
    {
        using var fixture = new ReplicaFixture(1);
        string copy = SqliteJournals.FileOf(fixture.JournalOf(0));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(Path.Combine(Golden, file), copy);
        var report = LedgerVerifier.Verify(fixture.JournalOf(0));
        Assert.True(report.Ok, $"{report.FirstBad}");
        Assert.True(LedgerReader.TryOpen(fixture.JournalOf(0), out var reader, out _));
        var transaction = Transaction.Create(reader.Genesis.ChainId, 1, reader.Member, 1000, [9], fixture.Signers[0]);

        var replica = fixture.Start(0, ReplicaFixture.Name(0), fixture.Settings(0) with { Genesis = reader.Genesis });
        replica.Tell(new ChainProtocol.Submit(transaction));
        var blocks = await fixture.Applied(replica, 0, transaction);

        Assert.Equal(report.Height + 1, blocks[^1].Block.Height);
    }

    [Fact]
    public void A_newer_version_is_refused_by_its_number_and_with_a_way_out()
    {
        byte[] bytes = Serializer.ToBinary(JournalEntry.Create(Before, [ConsensusSamples.Records["voted"]]));
        int next = JournalEntry.NewestVersion + 1;

        string refusal = Assert.Throws<ArgumentException>(() => Serializer.FromBinary(bytes, $"chain-journal-entry/{next}")).Message;

        Assert.Contains($"'chain-journal-entry/{next}' by a newer version of the pipeline", refusal, StringComparison.Ordinal);
        Assert.Contains($"reads up to version {JournalEntry.NewestVersion}", refusal, StringComparison.Ordinal);
        Assert.Contains("run the newer version again, or restore a backup", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chain-journal-entry/0")]
    [InlineData("chain-journal-entry/-1")]
    [InlineData("chain-journal-entry/x")]
    [InlineData("chain-journal-entry")]
    [InlineData("something/1")]
    [InlineData("")]
    public void What_never_was_a_version_is_no_entry(string manifest)
    {
        byte[] bytes = Serializer.ToBinary(JournalEntry.Create(Before, [ConsensusSamples.Records["voted"]]));
        Assert.Contains(
            "no journal entry of a chain", Assert.Throws<ArgumentException>(() => Serializer.FromBinary(bytes, manifest)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_a_newer_build_wrote_stops_the_replica_and_the_verifier_with_the_reason()
    {
        using var fixture = new ReplicaFixture(1);
        var replica = fixture.Start(0);
        var transaction = fixture.Transaction(1);
        replica.Tell(new ChainProtocol.Submit(transaction));
        await fixture.Applied(replica, 0, transaction);
        await fixture.StopAsync(0);
        int next = JournalEntry.NewestVersion + 1;
        fixture.Journals.Execute(fixture.JournalOf(0), $"UPDATE journal SET manifest = 'chain-journal-entry/{next}' WHERE sequence_number = 2");

        var again = fixture.Start(0);

        Assert.True(await again.WatchAsync().WaitAsync(ReplicaFixture.Patience));
        Assert.Contains("run the newer version again", await fixture.Logged($"chain-journal-entry/{next}"), StringComparison.Ordinal);
        var bad = LedgerVerifier.Verify(fixture.JournalOf(0)).FirstBad;
        Assert.Equal(2, bad?.Record);
        Assert.Contains("run the newer version again", bad!.What, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Find(string pattern) => Directory.GetFiles(Golden, pattern, SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Golden, file)).Order(StringComparer.Ordinal);
}
