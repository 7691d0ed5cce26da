using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Host.Site;
using Pipeline.Tests.Ledger.Journals;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>
/// Journals that fail: the replica stops with the reason and the mend, has said nothing that it did not keep, and loses nothing; the others go
/// on, and it comes back when the journal is mended. Old copies and twins are in <see cref="DurabilityTests"/>.
/// </summary>
[Collection(JournalCollection.Name)]
public sealed class JournalFaultTests(PostgresServer server, ITestOutputHelper output)
{
    private const int Victim = 3;

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task A_write_that_fails_stops_the_member_before_it_speaks_and_it_comes_back(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(4, journals: journals);
        var replicas = await Begin(fixture);
        journals.FillDisk(fixture.JournalOf(Victim));

        await Commit(fixture, replicas[..Victim], 201);
        Assert.True(await replicas[Victim].WatchAsync().WaitAsync(ReplicaFixture.Patience));
        Assert.Contains("has not voted on it", await fixture.Logged("disk is full"), StringComparison.Ordinal);
        await Commit(fixture, replicas[..Victim], 202);
        fixture.AssertSaidOnlyWhatItKept(Victim);

        await fixture.StopAsync(Victim);
        journals.FreeDisk(fixture.JournalOf(Victim));
        await ComesBack(fixture, replicas);
    }

    [Fact]
    public async Task A_full_disk_stops_the_member_and_room_on_it_brings_it_back()
    {
        using var fixture = new ReplicaFixture(4);
        string folder = Path.GetDirectoryName(SqliteJournals.FileOf(fixture.JournalOf(Victim)))!;
        Directory.CreateDirectory(folder);
        await using var disk = await SmallDisk.MountAsync(folder, megabytes: 2, output);
        if (disk is null)
            return;
        var replicas = await Begin(fixture);
        string filler = Path.Combine(folder, "filler");
        Fill(filler);

        await Commit(fixture, replicas[..Victim], 201);
        Assert.True(await replicas[Victim].WatchAsync().WaitAsync(ReplicaFixture.Patience));
        await fixture.Logged("the disk is full; free some space and start the site again: nothing that was acknowledged is lost");
        fixture.AssertSaidOnlyWhatItKept(Victim);

        await fixture.StopAsync(Victim);
        JournalConfig.CloseSqlite();
        File.Delete(filler);
        await ComesBack(fixture, replicas);
        await fixture.StopAsync(Victim);
        JournalConfig.CloseSqlite();
    }

    [Fact]
    public async Task A_read_only_disk_is_refused_at_the_start_and_can_still_be_audited()
    {
        using var fixture = new ReplicaFixture(1);
        string folder = Path.GetDirectoryName(SqliteJournals.FileOf(fixture.JournalOf(0)))!;
        Directory.CreateDirectory(folder);
        await using var disk = await SmallDisk.MountAsync(folder, megabytes: 2, output);
        if (disk is null)
            return;
        await Commit(fixture, [fixture.Start(0)], 1);
        await fixture.StopAsync(0);
        JournalConfig.CloseSqlite();
        Assert.Equal((0, ""), await Tool.RunAsync("mount", "-o", "remount,ro", folder));

        var refused = Assert.Throws<JournalUnavailableException>(() => fixture.Start(0));
        Assert.Contains(fixture.JournalOf(0).Name, refused.Message, StringComparison.Ordinal);
        Assert.Contains("the disk is read-only; make the folder writable", refused.Message, StringComparison.Ordinal);
        var report = LedgerVerifier.Verify(fixture.JournalOf(0));
        Assert.True(report.Ok, $"{report.FirstBad}");
        Assert.Equal(1, report.Height);
        string copy = Path.Combine(Path.GetDirectoryName(folder)!, "copy.db");
        await JournalCopy.ToFileAsync(fixture.JournalOf(0), copy);
        Assert.Equal(report.Records, LedgerVerifier.Verify(new ChainJournal.Sqlite(copy)).Records);

        Assert.Equal((0, ""), await Tool.RunAsync("mount", "-o", "remount,rw", folder));
        await Commit(fixture, [fixture.Start(0)], 2);
        await fixture.StopAsync(0);
        JournalConfig.CloseSqlite();
    }

    [Fact]
    public async Task A_server_that_turns_read_only_stops_the_member()
    {
        if (JournalCollection.Open(JournalCollection.PostgreSql, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(1, journals: journals);
        var replica = fixture.Start(0);
        await Commit(fixture, [replica], 1);
        journals.Execute(fixture.JournalOf(0), """
            CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'cannot execute INSERT' USING ERRCODE = 'read_only_sql_transaction'; END $$ LANGUAGE plpgsql;
            CREATE TRIGGER standby BEFORE INSERT ON journal EXECUTE FUNCTION refuse();
            """);

        replica.Tell(new ChainProtocol.Submit(fixture.Transaction(2)));

        Assert.True(await replica.WatchAsync().WaitAsync(ReplicaFixture.Patience));
        await fixture.Logged("the server is read-only (a standby, or default_transaction_read_only); connect to the primary");
    }

    [Fact]
    public async Task A_rejected_record_stops_the_member_and_what_it_held_is_not_said()
    {
        using var fixture = new ReplicaFixture(4);
        var replicas = Enumerable.Range(0, Victim).Select(fixture.Start).ToList();
        var victim = fixture.Start(Victim, ReplicaFixture.Name(Victim), fixture.Settings(Victim), plugin: RejectingJournal.Config);
        await Commit(fixture, [.. replicas, victim], 1);

        await Commit(fixture, [.. replicas], 2);

        Assert.True(await victim.WatchAsync().WaitAsync(ReplicaFixture.Patience));
        await fixture.Logged("the journal rejected record");
        // At height 1 the others may decide before it votes; what it says of the rejected height would be a vote without a record.
        Assert.DoesNotContain(fixture.Network.SaidBy(Victim, ReplicaFixture.Name(Victim)), said => said.Height > 1);
    }

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task A_journal_of_another_genesis_is_not_written_and_nothing_is_said_on_it(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(4, journals: journals);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        await Commit(fixture, replicas, 1);
        await fixture.StopAsync(Victim);
        long records = LedgerVerifier.Verify(fixture.JournalOf(Victim)).Records;
        var other = fixture.Genesis with { Time = fixture.Genesis.Time + 1 };
        int before = fixture.Network.Sent.Count;

        var wrong = fixture.Start(Victim, ReplicaFixture.Name(Victim), fixture.Settings(Victim) with { Genesis = other });

        Assert.True(await wrong.WatchAsync().WaitAsync(ReplicaFixture.Patience));
        string said = await fixture.Logged("the journal belongs to");
        Assert.Contains($"'{ReplicaFixture.Name(Victim)}' on chain {fixture.Genesis.ChainId.Short}", said, StringComparison.Ordinal);
        Assert.Contains("put back its genesis", said, StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.Network.Sent.Skip(before), sent => sent.From == ReplicaFixture.Name(Victim));
        await fixture.StopAsync(Victim);
        Assert.Equal(records, LedgerVerifier.Verify(fixture.JournalOf(Victim)).Records);
        await ComesBack(fixture, replicas);
    }

    /// <summary>It would begin anew beside the other's records, and sign again what it has signed.</summary>
    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task A_journal_of_another_member_is_refused(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(1, journals: journals);
        string own = JournalConfig.OwnerOf(ReplicaFixture.Chain, ReplicaFixture.Name(0));
        JournalConfig.Create(ReplicaFixture.Chain, fixture.JournalOf(0), own);
        await Commit(fixture, [fixture.Start(0)], 1);
        await fixture.StopAsync(0);

        JournalConfig.Create(ReplicaFixture.Chain, fixture.JournalOf(0), own);
        string other = JournalConfig.OwnerOf(ReplicaFixture.Chain, "hospital-z");
        var refused = Assert.Throws<JournalUnavailableException>(() => JournalConfig.Create(ReplicaFixture.Chain, fixture.JournalOf(0), other));
        Assert.Contains($"holds the records of '{own}', and this is '{other}'", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A power cut leaves the write-ahead log cut anywhere, or its end overwritten: whole records, or none of the last.</summary>
    [Fact]
    public async Task A_torn_write_leaves_whole_records_and_the_member_goes_on_from_them()
    {
        const int seed = 20260504;
        using var fixture = new ReplicaFixture(1);
        string file = SqliteJournals.FileOf(fixture.JournalOf(0));
        JournalConfig.Create(ReplicaFixture.Chain, fixture.JournalOf(0));
        byte[] database, log;
        // The last connection to close would move the log into the file, and other tests close those of the pool.
        using (JournalReader.OpenFile(file))
        {
            var replica = fixture.Start(0);
            for (byte i = 1; i <= 4; i++)
                await Commit(fixture, [replica], i);
            database = File.ReadAllBytes(file);
            log = File.ReadAllBytes(file + "-wal");
        }

        Assert.True(log.Length > 10_000, $"{log.Length} bytes");
        await fixture.StopAsync(0);
        JournalConfig.CloseSqlite();
        long whole = LedgerVerifier.Verify(fixture.JournalOf(0)).Records;
        var random = new Random(seed);
        var seen = new HashSet<long>();
        for (int i = 0; i < 40; i++)
        {
            foreach (string old in Directory.GetFiles(Path.GetDirectoryName(file)!))
                File.Delete(old);
            byte[] torn = [.. log];
            int at = random.Next(log.Length);
            if (i % 2 == 0)
                torn = torn[..at];
            else
                random.NextBytes(torn.AsSpan(at, Math.Min(512, torn.Length - at)));
            await File.WriteAllBytesAsync(file, database);
            await File.WriteAllBytesAsync(file + "-wal", torn);

            var report = LedgerVerifier.Verify(fixture.JournalOf(0));
            Assert.True(report.Ok || report.Records == 0, $"seed {seed}, image {i}, byte {at}: {report.FirstBad}");
            Assert.InRange(report.Records, 0, whole);
            // Each number of records once: the rest would only repeat it.
            if (!seen.Add(report.Records))
                continue;
            await Commit(fixture, [fixture.Start(0)], 9);
            await fixture.StopAsync(0);
            JournalConfig.CloseSqlite();
            Assert.Null(LedgerVerifier.Verify(fixture.JournalOf(0)).FirstBad);
        }

        Assert.True(seen.Count > 3, $"seed {seed}: {string.Join(", ", seen)} records");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_page_stops_the_member_before_it_speaks(bool header)
    {
        using var fixture = new ReplicaFixture(4);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        for (byte i = 1; i <= 3; i++)
            await Commit(fixture, replicas, i);
        await fixture.StopAsync(Victim);
        fixture.Journals.Save(fixture.JournalOf(Victim));
        string file = SqliteJournals.FileOf(fixture.JournalOf(Victim));
        byte[] bytes = File.ReadAllBytes(file);
        for (int page = header ? 0 : 1; page < (header ? 1 : bytes.Length / 4096); page++)
            bytes.AsSpan(page * 4096, 16).Fill(0xA5);
        File.WriteAllBytes(file, bytes);
        int before = fixture.Network.Sent.Count;

        if (header)
        {
            Assert.Contains("the file is damaged", Assert.Throws<JournalUnavailableException>(() => fixture.Start(Victim)).Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.True(await fixture.Start(Victim).WatchAsync().WaitAsync(ReplicaFixture.Patience));
            Assert.Contains("'pipeline ledger restore' brings back a backup", await fixture.Logged("the file is damaged"), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(fixture.Network.Sent.Skip(before), sent => sent.From == ReplicaFixture.Name(Victim));
        await fixture.StopAsync(Victim);
        fixture.Journals.Restore(fixture.JournalOf(Victim));
        await ComesBack(fixture, replicas);
    }

    /// <summary>Four members, of whom the victim has already voted.</summary>
    private static async Task<IActorRef[]> Begin(ReplicaFixture fixture)
    {
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        for (byte i = 1; !fixture.Network.SaidBy(Victim, ReplicaFixture.Name(Victim)).Any(); i++)
            await Commit(fixture, replicas, i);
        return replicas;
    }

    /// <summary>The mended member catches up, takes part again, and its journal is whole.</summary>
    private static async Task ComesBack(ReplicaFixture fixture, IActorRef[] replicas)
    {
        replicas[Victim] = fixture.Start(Victim);
        int before = fixture.Network.Sent.Count;
        for (byte i = 100; !fixture.Network.SaidBy(Victim, ReplicaFixture.Name(Victim), before).Any(); i++)
            await Commit(fixture, replicas, i);
        await fixture.StopAsync(Victim);
        fixture.AssertSaidOnlyWhatItKept(Victim);
        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
        Assert.Null(LedgerVerifier.Verify(fixture.JournalOf(Victim)).FirstBad);
    }

    private static async Task Commit(ReplicaFixture fixture, IActorRef[] replicas, byte add)
    {
        var transaction = fixture.Transaction(add);
        replicas[0].Tell(new ChainProtocol.Submit(transaction));
        await Task.WhenAll(replicas.Select((r, i) => fixture.Applied(r, i, transaction)));
    }

    private static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (int block in (int[])[65536, 4096, 1])
        {
            try
            {
                while (true)
                    stream.Write(new byte[block]);
            }
            catch (IOException)
            {
                // No more of that size fits.
            }
        }
    }
}
