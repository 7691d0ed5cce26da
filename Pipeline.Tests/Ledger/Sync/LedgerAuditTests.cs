using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Sync;

/// <summary>What an auditor asks of journals that he was given.</summary>
public sealed class LedgerAuditTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-audit-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_state_that_the_blocks_do_not_make_is_found_though_a_quorum_signed_it()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        ledger.PlayRound();
        ledger.Step(block => block with { Header = block.Header with { StateRoot = TestChain.Named("another state") } }, []);

        var bad = LedgerVerifier.Verify(await Write(ledger)).FirstBad;

        Assert.Equal((5L, 4L), (bad!.Record, bad.Height));
        Assert.Contains("names state", bad.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_is_executed_twice_is_found()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        ledger.PlayRound();
        ledger.Step(ledger.Blocks[1].Block.Transactions[0]);

        Assert.Contains("in the chain already", LedgerVerifier.Verify(await Write(ledger)).FirstBad!.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Below_a_trusted_header_hashes_suffice_and_above_it_signatures_count()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        ledger.PlayRound();
        ledger.PlayRound();
        var trusted = ledger.Blocks[2].Block.Header;
        var whole = await Write(ledger);
        Forge(ledger, 1);
        var below = await Write(ledger);
        ledger.Blocks[1] = ledger.Blocks[1] with { Certificate = ledger.Chain.Certify(ledger.Blocks[1].Block.Header).Certificate };
        Forge(ledger, 3);
        var above = await Write(ledger);

        Assert.True(LedgerVerifier.Verify(whole).Ok);
        Assert.Equal((2L, true), (LedgerVerifier.Verify(below).FirstBad?.Height, LedgerVerifier.Verify(below, new TrustedHeader(trusted.Id)).Ok));
        Assert.Equal(4, LedgerVerifier.Verify(above, new TrustedHeader(trusted.Id)).FirstBad?.Height);
    }

    /// <summary>No signature is asked for below it, and still not a byte can differ: the trusted id commits to all of it.</summary>
    [Fact]
    public async Task Nothing_below_a_trusted_header_can_be_exchanged()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        ledger.PlayRound();
        var trusted = new TrustedHeader(ledger.Blocks[2].Block.Id, 3);
        var other = new LearningLedger(ledger.Chain);
        other.Step();
        other.PlayRound("forged");

        var bad = LedgerVerifier.Verify(await Write(other), trusted).FirstBad;
        Assert.Equal(3, bad?.Height);
        Assert.Contains("where the trusted header is", bad!.What, StringComparison.Ordinal);
        bad = LedgerVerifier.Verify(await Write(other), trusted with { Height = null }).FirstBad;
        Assert.Contains("is not in this journal, which ends at height 3", bad!.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trusted_header_is_read_from_its_id_or_a_file()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        var header = ledger.Blocks[0].Block.Header;
        string file = Path.Combine(_folder, "header");

        Assert.Equal(new TrustedHeader(header.Id), Parse($"{header.Id}"));
        await File.WriteAllTextAsync(file, $"{header.Id}\n");
        Assert.Equal(new TrustedHeader(header.Id), Parse(file));
        await File.WriteAllBytesAsync(file, Canonical.Encode(header));
        Assert.Equal(new TrustedHeader(header.Id, 1), Parse(file));
        await File.WriteAllBytesAsync(file, Canonical.Encode(ledger.Chain.Certify(header)));
        Assert.Equal(new TrustedHeader(header.Id, 1), Parse(file));
        await File.WriteAllBytesAsync(file, [1, 2, 3]);
        Assert.False(TrustedHeader.TryParse(file, out _, out string? error));
        Assert.Contains("neither a block id nor", error, StringComparison.Ordinal);
        Assert.False(TrustedHeader.TryParse("/absent", out _, out error));
        Assert.Contains("nor a file", error, StringComparison.Ordinal);

        static TrustedHeader Parse(string text) => TrustedHeader.TryParse(text, out var header, out string? error) ? header : throw new InvalidOperationException(error);
    }

    [Fact]
    public async Task Two_members_journals_agree_whatever_their_certificates_and_one_may_be_ahead()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        ledger.PlayRound();
        var a = Open(await Write(ledger));
        ledger.Blocks[1] = ledger.Blocks[1] with { Certificate = ledger.Chain.Certify(ledger.Blocks[1].Block.Header, signers: 4).Certificate };
        ledger.Step();
        var b = Open(await Write(ledger, seat: 1));

        var difference = LedgerDiff.Compare(a, b);

        Assert.True(difference.Agrees);
        Assert.Equal((3L, 3L, 4L, null), (difference.EqualThrough, difference.A.Height, difference.B.Height, difference.First));
        Assert.Equal(("hospital-0", "hospital-1"), (difference.A.Member, difference.B.Member));
    }

    [Fact]
    public async Task A_fork_is_shown_with_what_differs_and_who_signed_both()
    {
        var chain = new TestChain();
        LearningLedger left = new(chain), right = new(chain);
        left.Step();
        right.Step();
        var transaction = chain.Factories[2].Create(chain.Contribute(left.Application, TestChain.Named("payload")));
        left.Step(block => block, [transaction], signers: 3);
        right.Step(block => block with { Header = block.Header with { Time = block.Header.Time + 5 } }, [], signers: 4);

        var difference = LedgerDiff.Compare(Open(await Write(left)), Open(await Write(right)));

        Assert.False(difference.Agrees);
        Assert.Equal((1L, 2L), (difference.EqualThrough, difference.First!.Height));
        Assert.Equal((left.Blocks[1].Block.Id, right.Blocks[1].Block.Id), (difference.First.A, difference.First.B));
        Assert.Equal(["time", "transactions root", "transaction"], difference.First.Fields.Select(f => f.Name));
        Assert.Equal(($"contribution of hospital-2, {transaction.Id}", "–"), (difference.First.Fields[2].A, difference.First.Fields[2].B));
        Assert.Equal(["hospital-0", "hospital-1", "hospital-2"], difference.First.SignedBoth);
    }

    [Fact]
    public async Task Journals_of_two_chains_differ_in_their_genesis()
    {
        var a = new LearningLedger(new TestChain());
        var b = new LearningLedger(new TestChain(keySet: 2));

        var first = LedgerDiff.Compare(Open(await Write(a)), Open(await Write(b))).First!;

        Assert.Equal(0, first.Height);
        Assert.Equal(["members hash", "application"], first.Fields.Select(f => f.Name));
    }

    [Fact]
    public async Task A_journal_that_goes_bad_is_compared_up_to_there()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        ledger.PlayRound();
        var whole = Open(await Write(ledger));
        Forge(ledger, 2);
        var bad = Open(await Write(ledger));

        var difference = LedgerDiff.Compare(whole, bad);

        Assert.Equal((2L, false, null), (difference.EqualThrough, difference.Agrees, difference.First));
        Assert.Equal(3, bad.FirstBad?.Height);
    }

    [Fact]
    public async Task A_model_is_traced_to_the_updates_that_made_it()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        ledger.PlayRound();
        ledger.PlayRound();

        var provenance = await Trace(ledger);
        var second = provenance.Find("2")!;

        Assert.Equal([1L, 2L], provenance.Models.Select(m => m.Round));
        Assert.Equal(TestChain.Named("model 2"), second.Model);
        Assert.Same(second, provenance.Find($"{second.Model}"[..10]));
        Assert.Same(second, provenance.Find($"{second.Backbone}".ToUpperInvariant()));
        Assert.Null(provenance.Find("3"));
        Assert.Equal(
            ledger.Chain.Factories.Select(f => (f.Member, TestChain.Named($"2 {f.Member}"), 100L, 4L)),
            second.Updates.Select(u => (u.Member, u.Payload, u.Bytes, u.Height)));
        Assert.Equal(ledger.Blocks[3].Block.Transactions.Select(t => t.Id), second.Updates.Select(u => u.Transaction));
        Assert.All(second.Updates, u => Assert.Equal(["hospital-0", "hospital-1", "hospital-2"], u.AckedBy));
        Assert.Equal(["hospital-0", "hospital-1", "hospital-2", "hospital-3"], second.AttestedBy);
        Assert.Equal([2L, 1L], provenance.LineageOf(second).Select(m => m.Round));
        Assert.Equal(ledger.Chain.InitialModel.Digest, provenance.LineageOf(second)[^1].Base);
    }

    [Fact]
    public async Task Rounds_that_a_restart_left_behind_are_no_part_of_a_models_lineage()
    {
        var chain = new TestChain(policy: TestChain.Policy with { Rounds = 9 });
        var ledger = new LearningLedger(chain);
        ledger.Step();
        for (int i = 0; i < 3; i++)
            ledger.PlayRound();
        var restart = new GovernanceAction.Restart(1, TestChain.Named("model 1"), 2);
        ledger.Step([.. chain.Factories.Take(3).Select(f => f.Create(new GovernanceVote(1, restart)))]);
        long opened = ledger.Application.View.Round.Round;
        ledger.PlayRound();

        var provenance = await Trace(ledger);

        Assert.Equal([1, 2, 3, opened], provenance.Models.Select(m => m.Round));
        Assert.Equal([opened, 1], provenance.LineageOf(provenance.Models[^1]).Select(m => m.Round));
    }

    [Fact]
    public async Task A_packet_of_another_chain_is_part_of_the_model_it_was_blended_into()
    {
        var source = new LearningLedger(new TestChain("skull", keySet: 1, policy: TestChain.Policy with { BridgeEvery = 1, BridgeGrants = ["chest"] }));
        var target = new LearningLedger(new TestChain("chest", trusted: [source.Chain.Trust()]));
        source.Step();
        target.Step();
        var emitted = source.PlayRound().Events.OfType<PacketEmitted>().Single();
        source.Step();
        var header = source.Chain.Certify(source.Blocks[^1].Block.Header);
        var delivery = new BridgeDelivery(
            emitted.Packet, source.Application.View.Outbox.Prove(emitted.LeafIndex, header), target.Chain.Acks(emitted.Packet.Payload));
        target.Step(target.Chain.Factories[2].Create(delivery));
        var vote = new GateVote(source.Chain.Id, 1, Accept: true);
        target.Step([.. target.Chain.Factories.Skip(1).Select(f => f.Create(vote))]);
        target.PlayRound();
        target.PlayRound();

        var provenance = await Trace(target);

        var packet = provenance.Models[0].Auxiliary!;
        Assert.Equal((emitted.Packet, RoundPolicy.One / 4, 2L), (packet.Content, packet.AlphaQ16, packet.Height));
        Assert.Equal(target.Blocks[1].Block.Transactions[0].Id, packet.Transaction);
        Assert.Equal(["hospital-1", "hospital-2", "hospital-3"], packet.AcceptedBy);
        Assert.Null(provenance.Models[1].Auxiliary);
    }

    /// <summary>Another signature than the member's in the certificate of a block.</summary>
    private static void Forge(LearningLedger ledger, int index)
    {
        var certificate = ledger.Blocks[index].Certificate;
        byte[][] signatures = [.. certificate.Signatures.Select(s => (byte[])s.Clone())];
        signatures[1][7] ^= 1;
        ledger.Blocks[index] = ledger.Blocks[index] with { Certificate = certificate with { Signatures = signatures } };
    }

    private static LedgerReader Open(ChainJournal journal) =>
        LedgerReader.TryOpen(journal, out var reader, out string? fault) ? reader : throw new InvalidOperationException(fault);

    private async Task<LedgerProvenance> Trace(LearningLedger ledger)
    {
        var reader = Open(await Write(ledger));
        var provenance = new LedgerProvenance();
        foreach (var block in reader.Blocks())
            provenance.Take(block);
        Assert.Null(reader.FirstBad);
        return provenance;
    }

    private Task<ChainJournal> Write(LearningLedger ledger, int seat = 0) => ledger.WriteAsync(Path.Combine(_folder, $"{Guid.NewGuid():N}.db"), seat);
}
