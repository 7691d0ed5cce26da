using System.Security.Cryptography;
using Akka.Actor;
using Pipeline.Host.Gateway;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Network;

namespace Pipeline.Host.Drills;

/// <summary>
/// A member with a good key and bad intentions, over a real gateway. It never proposes and, unless told to, never votes: the members must do without it in
/// every round that is its own.
/// </summary>
internal sealed class DrillAdversary : IAsyncDisposable
{
    private const int GarbageBytes = 200;

    private readonly Gateway.Gateway _gateway;
    private readonly ActorSystem _system;
    private readonly Genesis _genesis;
    private readonly string _member;
    private readonly SiteIdentity _identity;
    private readonly IReadOnlyList<string> _others;
    private volatile bool _equivocates;
    private int _equivocations;
    private int _shown;

    public DrillAdversary(Gateway.Gateway gateway, Genesis genesis, string member, SiteIdentity identity)
    {
        (_gateway, _genesis, _member, _identity) = (gateway, genesis, member, identity);
        _others = [.. genesis.Members.Members.Select(m => m.Id).Where(id => id != member)];
        _system = ActorSystem.Create(member, "akka { loglevel = OFF, stdout-loglevel = OFF }");
        var listener = _system.ActorOf(Props.Create(() => new Listener(OnMessage)));
        gateway.Register(genesis.ChainId, PeerLane.Consensus, listener);
        gateway.Follow(GatewayChain.Of(genesis.ChainId, genesis.Name, () => genesis.Members, identity.Keys));
    }

    /// <summary>Rounds in which it has signed two statements.</summary>
    public int Equivocations => _equivocations;

    /// <summary>Those of which one member was shown both, which is a proof.</summary>
    public int Shown => _shown;

    public int Links => _gateway.Links.Count;

    public void Equivocate(bool on) => _equivocates = on;

    /// <summary>Garbage to everybody, as fast as it is taken, until told to stop.</summary>
    public async Task FloodAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            for (int i = 0; i < 50; i++)
            {
                foreach (string other in _others)
                    _gateway.Send(other, _genesis.ChainId, PeerLane.Consensus, RandomNumberGenerator.GetBytes(GarbageBytes));
            }

            await Task.Delay(10, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Transactions of every member, whose keys the drill has made: governance votes that change at every call and never agree, so that the decision
    /// stays open.
    /// </summary>
    public void Load(IReadOnlyList<(string Member, ISigner Signer)> members, int turn)
    {
        Transaction[] votes = [.. members.Select((m, i) => new TransactionFactory(_genesis.ChainId, m.Member, m.Signer).Create(
            new GovernanceVote(1, (i + turn) % 2 == 0 ? new GovernanceAction.Pause() : new GovernanceAction.Stop())))];
        byte[] message = Canonical.Encode<ChainMessage>(new ChainMessage.Transactions(votes));
        foreach (string other in _others)
            _gateway.Send(other, _genesis.ChainId, PeerLane.Sync, message);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync().ConfigureAwait(false);
        await _system.Terminate().ConfigureAwait(false);
        _identity.Dispose();
    }

    private void OnMessage(PeerMessage message)
    {
        if (!_equivocates || !Canonical.TryDecode<ChainMessage>(message.Bytes, out var decoded, out _) || decoded is not ChainMessage.Propose { Proposal: var proposal })
            return;
        Interlocked.Increment(ref _equivocations);
        foreach (var type in (StatementType[])[StatementType.Prevote, StatementType.Precommit])
        {
            for (int i = 0; i < _others.Count; i++)
                Vote(_others[i], type, proposal.Height, proposal.Round, i % 2 == 0 ? proposal.Block.Id : Digest.Zero);
        }

        // Two halves that are each told one thing hold no proof; a member that is told both does, and tells all.
        if (proposal.Height % 2 == 0)
        {
            Interlocked.Increment(ref _shown);
            Vote(_others[0], StatementType.Prevote, proposal.Height, proposal.Round, Digest.Zero);
        }
    }

    private void Vote(string to, StatementType type, long height, int round, Digest block)
    {
        byte[] signature = _identity.Signer.Sign(SignedStatement.Bytes(type, _genesis.ChainId, 0, height, round, block));
        var vote = new Vote(type, height, round, block, _genesis.Members.IndexOf(_member), signature);
        _gateway.Send(to, _genesis.ChainId, PeerLane.Consensus, Canonical.Encode<ChainMessage>(new ChainMessage.Votes([vote])));
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(Action<PeerMessage> heard) => Receive<PeerMessage>(heard);
    }
}
