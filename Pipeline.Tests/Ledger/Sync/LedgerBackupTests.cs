using System.Formats.Tar;
using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Host.Site;
using Pipeline.Tests.Ledger.Consensus;
using Pipeline.Tests.Ledger.Journals;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Ledger.Sync;

/// <summary>The drill: back up while the site runs, lose it, restore an old copy, and never contradict oneself.</summary>
[Collection(JournalCollection.Name)]
public sealed class LedgerBackupTests(PostgresServer server, ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-backup-").FullName;

    private string BackupFile => Path.Combine(_folder, "backup.tar");

    private string Chains => Path.Combine(_folder, "restored", "chains");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(JournalCollection.Sqlite, JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql, JournalCollection.PostgreSql)]
    [InlineData(JournalCollection.Sqlite, JournalCollection.PostgreSql)]
    [InlineData(JournalCollection.PostgreSql, JournalCollection.Sqlite)]
    public async Task A_running_member_is_backed_up_lost_and_restored_and_never_contradicts_itself(string from, string to)
    {
        if (JournalCollection.Open(from, server, output) is not { } journals || JournalCollection.Open(to, server, output) is not { } elsewhere)
            return;
        using var restoredTo = elsewhere;
        using var fixture = new ReplicaFixture(4, journals: journals);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        await Commit(fixture, replicas, 1, 3);
        var manifest = await BackUp(fixture, 3);
        Assert.Equal((ReplicaFixture.Chain, ReplicaFixture.Name(3)), (manifest.Chains[0].Name, manifest.Chains[0].Member));
        await Commit(fixture, replicas, 4, 6);
        await fixture.StopAsync(3);
        long lost = LedgerVerifier.Verify(fixture.JournalOf(3)).Height;

        var journal = to == JournalCollection.Sqlite ? new ChainJournal.Sqlite(Path.Combine(Chains, ReplicaFixture.Chain, "journal.db")) : restoredTo.Of("restored");
        await LedgerRestore.RunAsync(BackupFile, new RestoreTarget(Chains, _ => journal) { Member = ReplicaFixture.Name(3) }, default);
        Assert.InRange(LedgerVerifier.Verify(journal).Height, 3, lost - 1);
        int before = fixture.Network.Sent.Count;
        replicas[3] = fixture.Start(3, ReplicaFixture.Name(3), fixture.Settings(3), journal);

        // It follows at once, and signs when what it may have signed lies behind.
        await Commit(fixture, replicas, 7, 7);
        for (byte i = 8; !SignedBy(fixture, 3, before).Any(); i++)
            await Commit(fixture, replicas, i, i);
        Assert.All(SignedBy(fixture, 3, before), height => Assert.True(height > lost, $"signed at height {height}; {lost} was decided before the restore"));
        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
        await fixture.StopAsync(3);
        Assert.Null(LedgerVerifier.Verify(journal).FirstBad);
    }

    /// <summary>The votes that the old copy has forgotten are known to one member alone, and that one is away.</summary>
    [Fact]
    public async Task A_restored_member_signs_nothing_where_nobody_can_tell_what_it_signed()
    {
        using var fixture = new ReplicaFixture(4);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        await Commit(fixture, replicas, 1, 1);
        await BackUp(fixture, 3);
        await Commit(fixture, replicas, 2, 2);
        fixture.Network.Cut(ReplicaFixture.Name(0));
        fixture.Network.Cut(ReplicaFixture.Name(1));
        int cut = fixture.Network.Sent.Count;
        replicas[3].Tell(new ChainProtocol.Submit(fixture.Transaction(3, sender: 3)));
        await Until(() => SignedBy(fixture, 3, cut).Any());
        long height = SignedBy(fixture, 3, cut).First();
        await fixture.StopAsync(3);
        await fixture.StopAsync(2);

        var journal = new ChainJournal.Sqlite(Path.Combine(Chains, ReplicaFixture.Chain, "journal.db"));
        await LedgerRestore.RunAsync(BackupFile, new RestoreTarget(Chains, _ => journal), default);
        fixture.Network.Heal(ReplicaFixture.Name(0));
        fixture.Network.Heal(ReplicaFixture.Name(1));
        int before = fixture.Network.Sent.Count;
        replicas[3] = fixture.Start(3, ReplicaFixture.Name(3), fixture.Settings(3), journal);
        var transaction = fixture.Transaction(4);
        replicas[0].Tell(new ChainProtocol.Submit(transaction));
        // Members 0 and 1 vote at a height that they cannot decide alone. Its own ticks show that the restored one is there, past its time-outs.
        await Until(() => Votes(fixture, before).Any(v => v.Seat == 0 && v.Height == height) && StatusesOf(fixture, 3, before).Count(at => at == height) > 12);
        Assert.Empty(SignedBy(fixture, 3, before));

        replicas[2] = fixture.Start(2);
        await Task.WhenAll(replicas.Select((r, i) => fixture.Applied(r, i, transaction)));
        for (byte i = 5; !SignedBy(fixture, 3, before).Any(); i++)
            await Commit(fixture, replicas, i, i);
        Assert.All(SignedBy(fixture, 3, before), signed => Assert.True(signed > height));
        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
    }

    [Fact]
    public async Task A_move_without_a_pause_goes_on_at_once()
    {
        using var fixture = new ReplicaFixture(1);
        var replica = fixture.Start(0);
        await Commit(fixture, [replica], 1, 2);
        await fixture.StopAsync(0);
        await BackUp(fixture, 0);
        var journal = new ChainJournal.Sqlite(Path.Combine(Chains, ReplicaFixture.Chain, "journal.db"));
        await LedgerRestore.RunAsync(BackupFile, new RestoreTarget(Chains, _ => journal) { NothingSignedSince = true }, default);

        Assert.Equal(LedgerVerifier.Verify(fixture.JournalOf(0)).Records, LedgerVerifier.Verify(journal).Records);
        replica = fixture.Start(0, ReplicaFixture.Name(0), fixture.Settings(0), journal);
        await Commit(fixture, [replica], 3, 3);
    }

    [Fact]
    public async Task Payloads_and_their_tombstones_come_back_and_damaged_ones_are_named()
    {
        using var fixture = new ReplicaFixture(1);
        await Commit(fixture, [fixture.Start(0)], 1, 1);
        string payloads = Path.Combine(_folder, "payloads");
        var store = new FilePayloadStore(payloads);
        Digest kept = store.Put([1, 2, 3]), pruned = store.Put([4]), damaged = store.Put([5, 6]);
        store.Delete(pruned);
        File.WriteAllBytes(PayloadFile.Of(payloads, damaged, isTombstone: false).Path, [5, 7]);

        var manifest = await BackUp(fixture, 0, payloads);
        await LedgerRestore.RunAsync(BackupFile, Target, default);

        Assert.Equal(($"{kept}", $"{pruned}", $"{damaged}"), (manifest.Chains[0].Payloads.Single(), manifest.Chains[0].Pruned.Single(), manifest.Chains[0].Damaged.Single()));
        var restored = new FilePayloadStore(Path.Combine(Chains, ReplicaFixture.Chain, "payloads"));
        Assert.True(restored.TryGet(kept, out var bytes));
        Assert.Equal([1, 2, 3], bytes);
        Assert.True(restored.IsPruned(pruned));
        Assert.False(restored.Contains(damaged));
        Assert.Equal(Canonical.Encode(fixture.Genesis), File.ReadAllBytes(Path.Combine(Chains, ReplicaFixture.Chain, "genesis.cbor")));
    }

    [Fact]
    public async Task Nothing_is_overwritten()
    {
        using var fixture = new ReplicaFixture(1);
        await Commit(fixture, [fixture.Start(0)], 1, 1);
        await BackUp(fixture, 0);
        var before = File.ReadAllBytes(BackupFile);
        Assert.Contains("overwrites nothing", (await Assert.ThrowsAsync<BackupException>(() => BackUp(fixture, 0))).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(BackupFile));

        await LedgerRestore.RunAsync(BackupFile, Target, default);
        string journal = Path.Combine(Chains, ReplicaFixture.Chain, "journal.db");
        before = File.ReadAllBytes(journal);
        Assert.Contains("is not empty", await Refusal(), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(journal));
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_backup_of_another_member_or_another_chain_of_the_same_name_is_refused()
    {
        using var fixture = new ReplicaFixture(1);
        await Commit(fixture, [fixture.Start(0)], 1, 1);
        await BackUp(fixture, 0);

        Assert.Contains("this site is 'hospital-z'", await Refusal(Target with { Member = "hospital-z" }), StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(Chains, ReplicaFixture.Chain));
        await File.WriteAllBytesAsync(Path.Combine(Chains, ReplicaFixture.Chain, "genesis.cbor"), [1]);
        Assert.Contains("another chain", await Refusal(), StringComparison.Ordinal);
        Assert.Equal(["genesis.cbor"], Directory.GetFileSystemEntries(Path.Combine(Chains, ReplicaFixture.Chain)).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_damaged_journal_is_not_backed_up()
    {
        using var fixture = new ReplicaFixture(1);
        await Commit(fixture, [fixture.Start(0)], 1, 2);
        await fixture.StopAsync(0);
        fixture.Journals.Tamper(fixture.JournalOf(0), record: 3);

        string message = (await Assert.ThrowsAsync<BackupException>(() => BackUp(fixture, 0))).Message;

        Assert.Contains("damaged at record 3", message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_backup_that_does_not_fit_leaves_nothing_behind()
    {
        using var fixture = new ReplicaFixture(1);
        await Commit(fixture, [fixture.Start(0)], 1, 1);
        string payloads = Path.Combine(_folder, "payloads"), small = Directory.CreateDirectory(Path.Combine(_folder, "small")).FullName;
        new FilePayloadStore(payloads).Put(new byte[3 << 20]);
        await using var disk = await SmallDisk.MountAsync(small, megabytes: 2, output);
        if (disk is null)
            return;

        var source = new BackupSource(fixture.JournalOf(0), payloads);
        await Assert.ThrowsAsync<IOException>(() => LedgerBackup.WriteAsync([source], Path.Combine(small, "backup.tar"), TimeProvider.System, default));

        Assert.Empty(Directory.GetFileSystemEntries(small));
    }

    /// <summary>Every byte of a backup is covered by something, and a cut-off one is known for one.</summary>
    [Fact]
    public async Task A_damaged_backup_is_refused_and_leaves_nothing_behind()
    {
        using var fixture = new ReplicaFixture(1);
        await Commit(fixture, [fixture.Start(0)], 1, 1);
        string payloads = Path.Combine(_folder, "payloads");
        new FilePayloadStore(payloads).Put(Enumerable.Range(0, 3000).Select(i => (byte)i).ToArray());
        await BackUp(fixture, 0, payloads);
        byte[] whole = File.ReadAllBytes(BackupFile);
        var random = new Random(1);
        for (int i = 0; i < 24; i++)
        {
            byte[] cut = whole[..random.Next(whole.Length - 2048)];
            await File.WriteAllBytesAsync(BackupFile, cut);
            await Refusal();
            AssertNothingLeft();
        }

        foreach (var (name, start, length) in Contents(whole).Where(entry => entry.Name != "manifest.json"))
        {
            byte[] flipped = [.. whole];
            flipped[start + random.Next(length)] ^= 1;
            await File.WriteAllBytesAsync(BackupFile, flipped);
            Assert.True((await Refusal()).Length > 0, name);
            AssertNothingLeft();
        }
    }

    [Theory]
    [InlineData("../escaped")]
    [InlineData("/tmp/escaped")]
    [InlineData("chains/../../escaped")]
    [InlineData("chains/counter/payloads/../../../escaped")]
    [InlineData("chains/counter/site.key")]
    [InlineData("chains/Counter/journal.db")]
    public async Task A_file_that_would_write_elsewhere_is_no_backup(string name)
    {
        await using (var stream = File.Create(BackupFile))
        await using (var tar = new TarWriter(stream))
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) });

        Assert.Contains("is no backup of chains", await Refusal(), StringComparison.Ordinal);
        AssertNothingLeft();
    }

    private RestoreTarget Target => new(Chains, chain => new ChainJournal.Sqlite(Path.Combine(Chains, chain, "journal.db")));

    private Task<BackupManifest> BackUp(ReplicaFixture fixture, int member, string? payloads = null) =>
        LedgerBackup.WriteAsync([new BackupSource(fixture.JournalOf(member), payloads)], BackupFile, TimeProvider.System, default);

    private async Task<string> Refusal(RestoreTarget? target = null) =>
        (await Assert.ThrowsAsync<BackupException>(() => LedgerRestore.RunAsync(BackupFile, target ?? Target, default))).Message;

    private void AssertNothingLeft() =>
        Assert.DoesNotContain(Directory.Exists(Chains) ? Directory.GetDirectories(Chains) : [], folder => folder.Contains(".restoring", StringComparison.Ordinal));

    private static async Task Commit(ReplicaFixture fixture, IActorRef[] replicas, byte first, byte last)
    {
        for (byte i = first; i <= last; i++)
        {
            var transaction = fixture.Transaction(i);
            replicas[0].Tell(new ChainProtocol.Submit(transaction));
            await Task.WhenAll(replicas.Select((r, seat) => fixture.Applied(r, seat, transaction)));
        }
    }

    private static IEnumerable<Vote> Votes(ReplicaFixture fixture, int since) => fixture.Network.Sent.Skip(since)
        .Select(sent => Canonical.Decode<ChainMessage>(sent.Bytes)).OfType<ChainMessage.Votes>().SelectMany(votes => votes.Items);

    /// <summary>The height that a member says it works on, once a tick.</summary>
    private static IEnumerable<long> StatusesOf(ReplicaFixture fixture, int seat, int since) => fixture.Network.Sent.Skip(since)
        .Where(sent => sent.From == ReplicaFixture.Name(seat) && sent.To == ReplicaFixture.Name(0))
        .Select(sent => Canonical.Decode<ChainMessage>(sent.Bytes)).OfType<ChainMessage.Status>().Select(status => status.At);

    /// <summary>Heights at which a member sent votes or proposals of its own.</summary>
    private static IEnumerable<long> SignedBy(ReplicaFixture fixture, int seat, int since) =>
        fixture.Network.SaidBy(seat, ReplicaFixture.Name(seat), since).Select(said => said.Height);

    private static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(ReplicaFixture.Patience);
        while (!condition())
            await Task.Delay(20, limit.Token);
    }

    private static List<(string Name, int Start, int Length)> Contents(byte[] tar)
    {
        var contents = new List<(string, int, int)>();
        using var stream = new MemoryStream(tar);
        using var reader = new TarReader(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.Length > 0)
                contents.Add((entry.Name, (int)entry.DataOffset, (int)entry.Length));
        }

        return contents;
    }
}
