using Akka.Actor;
using Pipeline.Host.Commands;
using Pipeline.Host.Control;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Host.Commands;
using Pipeline.Tests.Ledger.Consensus;
using Xunit;

namespace Pipeline.Tests.Host.Control;

/// <summary>Four operators at their command lines, one of whom changes the member key; keys, files, sockets, votes and replicas are real.</summary>
public sealed class KeyRotationTests : IAsyncDisposable
{
    private const int A = 0, B = 1, C = 2, D = 3;
    private const string Phrase = "correct horse battery";

    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-key").FullName;
    private readonly LearningReplicas _chain = new(institutions: 4, founders: 4);
    private readonly Dictionary<int, (SiteIdentity Identity, MemberKeyRotation Rotation, ControlServer Server)> _sites = [];

    [Theory]
    [InlineData(B)]
    [InlineData(D)]
    public async Task A_member_changes_its_key_while_one_is_cut_off(int cut)
    {
        for (int i = A; i <= D; i++)
            Start(i);
        for (int i = A; i <= D; i++)
            await _chain.Until(i, b => b.Block.Height == 1);
        var old = _sites[B].Identity.Signer.PublicKey;
        Assert.Contains("the vote on decision 1: rotate-key hospital-b (to ed25519:", await Ask(B, "propose", "counter", "rotate-key"));
        var renewed = _sites[B].Identity.Keys.All[1].PublicKey;
        Assert.Contains($"to be changed to {renewed}", await Ask(B, "status"));
        Assert.True(KeyFile.NextMember(DataOf(B)).IsSealed);
        foreach (int i in (int[])[A, C])
            await _chain.Until(i, b => b.Outcome.Events.OfType<GovernanceVoted>().Any());

        _chain.Network.Cut(LearningReplicas.Name(cut));
        await Ask(A, "approve", "counter");
        await Ask(C, "approve", "counter");
        int[] others = [.. Enumerable.Range(A, 4).Where(i => i != cut)];
        await _chain.Epoch(1, others);
        // Who has not heard of the decision keeps what it is known by.
        Assert.Equal(cut == B ? null : old, Settle(B));
        _chain.Network.Heal(LearningReplicas.Name(cut));
        long first = (await _chain.Epoch(1, A, B, C, D))[^1].Block.Height + 1;
        if (cut == B)
            Assert.Equal(old, Settle(B));
        Assert.Null(Settle(B));

        Assert.Equal([renewed], _sites[B].Identity.Keys.All.Select(k => k.PublicKey));
        Assert.False(KeyFile.NextMember(DataOf(B)).Exists);
        using (var retired = Ed25519Signer.FromSeed(KeyFile.RetiredMember(DataOf(B), old).Open(Phrase)))
            Assert.Equal(old, retired.PublicKey);
        Assert.DoesNotContain("changed to", await Ask(B, "status"));

        // Three of four decide; without A the new key has to sign, also after a restart that finds nothing but it.
        _chain.Network.Cut(LearningReplicas.Name(A));
        await StopAsync(B);
        Start(B);
        Assert.Equal([renewed], _sites[B].Identity.Keys.All.Select(k => k.PublicKey));
        await _chain.Epoch(1, B);
        await Ask(B, "propose", "counter", "pause");
        await _chain.Until(C, b => b.Outcome.Events.OfType<GovernanceVoted>().Any(v => v is { Member: "hospital-b", Action: GovernanceAction.Pause }));
        _chain.Network.Heal(LearningReplicas.Name(A));

        await _chain.VerifyJournalsAsync(A, B, C, D);
        Assert.Contains(_chain.SignedHeights(B), height => height >= first);
        Assert.All(
            _chain.Votes(B).GroupBy(v => (v.Height, v.Round, v.Type)), statements => Assert.Single(statements.Select(v => v.BlockId).Distinct()));
        Assert.All(_chain.Votes(B), vote => Assert.True(Verifies(vote, vote.Height >= first ? renewed : old, vote.Height >= first ? 1 : 0), $"{vote}"));
    }

    [Fact]
    public async Task A_proposal_repeated_is_the_same_and_a_crash_loses_no_key()
    {
        for (int i = A; i <= D; i++)
            Start(i);
        await Ask(B, "propose", "counter", "rotate-key");
        var renewed = _sites[B].Identity.Keys.All[1].PublicKey;
        await StopAsync(B);
        Start(B);
        Assert.Equal(renewed, _sites[B].Identity.Keys.All[1].PublicKey);
        await _chain.Until(A, b => b.Outcome.Events.OfType<GovernanceVoted>().Any());
        await _chain.Until(B, b => b.Outcome.Events.OfType<GovernanceVoted>().Any());
        Assert.Contains("in the chain already", await Ask(B, ExitCode.Failed, "propose", "counter", "rotate-key"));
        Assert.Contains("hospital-b (1 of 3)", await Ask(A, "status"));

        // The old key twice, as a crash between the two moves leaves it.
        await Ask(A, "approve", "counter");
        await Ask(C, "approve", "counter");
        await _chain.Epoch(1, A, B);
        var old = _sites[B].Identity.Signer.PublicKey;
        var retired = KeyFile.RetiredMember(DataOf(B), old);
        Directory.CreateDirectory(Path.GetDirectoryName(retired.Path)!);
        File.Copy(KeyFile.Member(DataOf(B)).Path, retired.Path);
        Assert.Equal(old, Settle(B));
        // A key that is put away makes room for the next one.
        await Ask(B, "propose", "counter", "rotate-key");
        Assert.NotEqual(renewed, _sites[B].Identity.Keys.All[1].PublicKey);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (identity, _, server) in _sites.Values)
        {
            await server.DisposeAsync();
            identity.Dispose();
        }

        _chain.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private bool Verifies(Pipeline.Ledger.Consensus.Vote vote, MemberPublicKey key, long epoch) => new Ed25519Verifier().Verify(
        key, SignedStatement.Bytes(vote.Type, _chain.Genesis.ChainId, epoch, vote.Height, vote.Round, vote.BlockId), vote.Signature);

    private MemberPublicKey? Settle(int i) => _sites[i].Rotation.Settle([_chain.View(i).Rules]);

    private string DataOf(int i) => Path.Combine(_folder, LearningReplicas.Name(i));

    private void Start(int i)
    {
        string name = LearningReplicas.Name(i);
        if (!SiteIdentity.Exists(DataOf(i)))
        {
            SiteIdentity.Create(DataOf(i), _chain.Signers[i].ExportSeed(), new byte[32]).Dispose();
            SiteIdentity.Protect(DataOf(i), Phrase).Dispose();
        }

        var identity = SiteIdentity.LoadOrCreate(DataOf(i), Phrase);
        IActorRef replica = _chain.Start(i, settings => settings with { Keys = identity.Keys });
        var signer = new SeatSigner(identity.Keys, () => _chain.View(i).Rules.Members.Find(name)?.Key);
        var chain = new GovernedChain(_chain.Genesis, replica, () => _chain.View(i), new TransactionFactory(_chain.Genesis.ChainId, name, signer));
        var rotation = new MemberKeyRotation(name, DataOf(i), identity, Phrase);
        _sites[i] = (identity, rotation, ControlServer.Start(DataOf(i), new ChainControl(name, rotation, () => [chain]).AnswerAsync));
    }

    private async Task StopAsync(int i)
    {
        await _sites[i].Server.DisposeAsync();
        await _chain.StopAsync(i);
        _sites[i].Identity.Dispose();
        _sites.Remove(i);
    }

    private Task<string> Ask(int i, params string[] words) => Ask(i, ExitCode.Ok, words);

    private async Task<string> Ask(int i, int code, params string[] words)
    {
        using var terminal = new TestTerminal();
        int result = await CommandLine.InvokeAsync(["chain", .. words, "--data", DataOf(i)], new Operations(), terminal.Terminal);
        Assert.True(result == code, $"{string.Join(' ', words)}: {result}; {terminal.Output}{terminal.Errors}");
        return terminal.Output + terminal.Errors;
    }
}
