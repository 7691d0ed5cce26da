using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Privacy;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Ingest;
using Xunit;

namespace Pipeline.Tests.Actors.Privacy;

public sealed class PrivacyLedgerTests : IDisposable
{
    private const double Delta = 1e-5;
    private const int Units = 100;

    private static readonly PrivacyTerms Terms = new(PrivacyUnit.Patient, 4, 1, 1.1, Delta, 6, 10, 10);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("privacy-ledger");

    private string File => Path.Combine(_folder.FullName, "chain", "privacy.ledger");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_was_paid_is_there_again_after_the_process_was_killed()
    {
        var ledger = Open();
        Assert.Null(Pay(ledger, 1));
        Assert.Null(Pay(ledger, 2));
        // The bytes on the disk at this moment are what a kill leaves.
        string copy = Copy("killed");
        using (ledger)
            Assert.Null(Pay(ledger, 3));
        using var after = PrivacyLedger.Open(copy, Delta, new DiskFileSystem());
        Assert.Equal((2, 2), (after.Charges, after.LastRound));
        var expected = new RdpAccountant();
        expected.Add(0.1, 1.1, 20);
        Assert.Equal((long)Math.Ceiling(expected.Epsilon(Delta) * 1e6), after.SpentMicro);
    }

    [Fact]
    public void An_exhausted_budget_refuses_and_says_so_and_spends_nothing()
    {
        using var ledger = Open();
        int round = 0;
        string? refusal;
        do
        {
            refusal = Pay(ledger, ++round);
        }
        while (refusal is null && round < 10_000);

        Assert.Contains("budget is exhausted", refusal, StringComparison.Ordinal);
        Assert.InRange(ledger.SpentMicro, 5_000_000, 6_000_000);
        Assert.Equal(round - 1, ledger.Charges);
        long spent = ledger.SpentMicro;
        Assert.NotNull(Pay(ledger, round + 1));
        Assert.Equal(spent, ledger.SpentMicro);
    }

    [Fact]
    public void The_same_round_trained_again_is_paid_again()
    {
        using var ledger = Open();
        Pay(ledger, 1);
        long once = ledger.SpentMicro;
        Assert.Null(Pay(ledger, 1));
        Assert.True(ledger.SpentMicro > once);
    }

    [Fact]
    public void An_old_copy_is_noticed_by_what_the_chain_was_told()
    {
        string copy;
        long reported;
        using (var ledger = Open())
        {
            Pay(ledger, 1);
            copy = Copy("old");
            Pay(ledger, 2);
            reported = ledger.SpentMicro;
        }

        using var old = PrivacyLedger.Open(copy, Delta, new DiskFileSystem());
        Assert.Contains("old copy", old.TryCharge(Terms, Units, 3, Digest.Zero, reported, 1), StringComparison.Ordinal);
        Assert.Contains("old copy", old.TryCharge(Terms, Units, 3, Digest.Zero, 0, 2), StringComparison.Ordinal);
        Assert.Equal(1, old.Charges);
    }

    [Fact]
    public void A_missing_file_is_an_old_copy_too()
    {
        using var ledger = Open();
        Assert.Contains("old copy", ledger.TryCharge(Terms, Units, 5, Digest.Zero, 1_000_000, 0), StringComparison.Ordinal);
    }

    [Fact]
    public void A_half_written_last_charge_was_not_paid_and_the_rest_stands()
    {
        using (var ledger = Open())
        {
            Pay(ledger, 1);
            Pay(ledger, 2);
        }

        using (var file = System.IO.File.OpenWrite(File))
            file.SetLength(file.Length - 5);
        using var after = Open();
        Assert.Equal(1, after.Charges);
        Assert.Null(Pay(after, 2));
    }

    [Fact]
    public void A_damaged_middle_refuses_for_what_lies_behind_it_is_not_known()
    {
        using (var ledger = Open())
        {
            for (int round = 1; round <= 4; round++)
                Pay(ledger, round);
        }

        byte[] bytes = System.IO.File.ReadAllBytes(File);
        bytes[20] ^= 1;
        System.IO.File.WriteAllBytes(File, bytes);
        using var after = Open();
        Assert.Contains("damaged", Pay(after, 5), StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_refuses_pays_nothing_and_the_next_try_counts_once()
    {
        var disk = new FailingFileSystem();
        using var ledger = PrivacyLedger.Open(File, Delta, disk);
        Assert.Null(Pay(ledger, 1));
        long spent = ledger.SpentMicro;
        disk.FailFlushes = true;
        Assert.Throws<IOException>(() => Pay(ledger, 2));
        Assert.Equal((1, spent), (ledger.Charges, ledger.SpentMicro));
        disk.FailFlushes = false;
        Assert.Null(Pay(ledger, 2));
        Assert.Equal(2, ledger.Charges);
    }

    private PrivacyLedger Open() => PrivacyLedger.Open(File, Delta, new DiskFileSystem());

    private static string? Pay(PrivacyLedger ledger, long round) =>
        ledger.TryCharge(Terms, Units, round, Digest.Zero, ledger.SpentMicro, ledger.LastRound);

    private string Copy(string name)
    {
        string copy = Path.Combine(_folder.FullName, name);
        using var source = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var target = System.IO.File.Create(copy);
        source.CopyTo(target);
        return copy;
    }
}
