using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// The state machine of a learning chain: rounds and bridge behind <see cref="IChainApplication"/>. The model itself is not in here: the
/// state holds the digest that members attested, so a block costs the same for every model size.
/// </summary>
public sealed class LearningApplication : IChainApplication
{
    private readonly Digest _chainId;
    private readonly string _name;
    private readonly MemberSet _members;
    private readonly ISignatureVerifier _verifier;
    private readonly Digest _taskHash;
    private readonly Digest _backboneLayout;
    private readonly long _backboneBytes;
    private readonly BridgeTerms _terms;
    private RoundMachine _rounds;
    private BridgeMachine _bridge;
    private GovernanceMachine _governance;
    private Digest _lastBlock = Digest.Zero;
    private long _time;
    private volatile LearningView _view;

    private LearningApplication(Genesis genesis, LearningGenesis learning, ISignatureVerifier verifier)
    {
        Learning = learning;
        _chainId = genesis.ChainId;
        _name = genesis.Name;
        _members = genesis.Members;
        _verifier = verifier;
        _time = genesis.Time;
        _taskHash = learning.Task.Hash;
        _backboneLayout = BackbonePayload.LayoutDigest(learning.Layout);
        _backboneBytes = BackbonePayload.BytesFor(learning.Layout);
        _terms = new BridgeTerms(
            genesis.ChainId, genesis.Name, genesis.Members, genesis.Time, learning.Task.Architecture, _backboneLayout, _backboneBytes,
            learning.Policy.DeadlineBlocks, learning.TrustedChains);
        (_rounds, _bridge, _governance) = StartMachines();
        StateRoot = ComputeStateRoot();
        _view = TakeView();
    }

    /// <summary>Task, layout, policy and trusted chains: fixed by the genesis. Any thread.</summary>
    public LearningGenesis Learning { get; }

    /// <summary>The state after the last applied block. Any thread.</summary>
    public LearningView View => _view;

    public long Height { get; private set; }

    public Digest StateRoot { get; private set; }

    public Digest OutboxRoot => _bridge.Outbox.Root;

    /// <summary>Also when the last block emitted a packet: only the header above it proves the packet.</summary>
    public bool WantsBlock => _rounds.WantsBlock || (_bridge.Outbox.Leaves.Count > 0 && _bridge.Outbox.Leaves[^1].Height == Height);

    /// <exception cref="ArgumentException">The genesis does not hold a learning chain, or its policy cannot be met by its members.</exception>
    public static LearningApplication Create(Genesis genesis, ISignatureVerifier verifier)
    {
        if (!Canonical.TryDecode<LearningGenesis>(genesis.Application, out var learning, out string? error))
            throw new ArgumentException($"the genesis of chain '{genesis.Name}' is not one of a learning chain: {error}", nameof(genesis));
        return new LearningApplication(genesis, learning, verifier);
    }

    public string? Check(Transaction transaction)
    {
        string sender = transaction.Sender;
        return transaction.Kind switch
        {
            LearningTransactions.Contribution => Decode<Contribution>(transaction, body => _rounds.Check(sender, body)),
            LearningTransactions.Attestation => Decode<Attestation>(transaction, body => _rounds.Check(sender, body)),
            LearningTransactions.Metrics => Decode<Metrics>(transaction, body => _rounds.Check(sender, body)),
            LearningTransactions.BridgeDelivery => Decode<BridgeDelivery>(transaction, body => _bridge.Check(body, Height + 1, _time)),
            LearningTransactions.GateVote => Decode<GateVote>(transaction, body => _bridge.Check(sender, body)),
            LearningTransactions.ForkProof => Decode<ForkProof>(transaction, body => _bridge.Check(body, _time)),
            LearningTransactions.GovernanceVote => Decode<GovernanceVote>(transaction, body => _governance.Check(sender, body)),
            _ => $"kind {transaction.Kind} is not a transaction of a learning chain",
        };
    }

    public BlockOutcome Apply(Block block)
    {
        var header = block.Header;
        if (header.Height != Height + 1)
            throw new InvalidOperationException($"block {header.Height} cannot follow height {Height} of chain '{_name}'");
        var events = new List<IChainEvent>();
        foreach (byte[] evidence in block.Evidence)
            Convict(evidence, events);
        var receipts = new TransactionReceipt[block.Transactions.Count];
        for (int i = 0; i < receipts.Length; i++)
        {
            var transaction = block.Transactions[i];
            // A proposer may be Byzantine: nothing takes effect on its word alone.
            receipts[i] = new TransactionReceipt(
                transaction.Id,
                transaction.Verify(_chainId, _members, _verifier) ?? Execute(transaction, header.Height, header.Time, events));
        }

        ScheduleAccepted(events);
        int contributors = _rounds.Info.Contributions.Count;
        int before = events.Count;
        _rounds.EndBlock(header.Height, block.Id, events);
        for (int i = before, end = events.Count; i < end; i++)
        {
            if (events[i] is RoundFinalized final)
                EmitPackets(final, contributors, header, events);
        }

        _bridge.EndBlock(header.Time, events);
        Height = header.Height;
        _time = header.Time;
        _lastBlock = block.Id;
        StateRoot = ComputeStateRoot();
        _view = TakeView();
        return new BlockOutcome(receipts, events);
    }

    public byte[] Save() => Canonical.Encode(new LearningSnapshot(
        Height, _time, _lastBlock, _rounds.Snapshot(), _bridge.Snapshot(), _governance.Snapshot()));

    public string? Restore(ReadOnlyMemory<byte> state, BlockHeader next)
    {
        if (!Canonical.TryDecode<LearningSnapshot>(state, out var snapshot, out string? error))
            return error;
        if (snapshot.Height != next.Height - 1)
            return $"the state after height {snapshot.Height}, where the header of {next.Height} commits to that after {next.Height - 1}";
        var (rounds, bridge, governance) = StartMachines();
        try
        {
            rounds.Restore(snapshot.Rounds);
            bridge.Restore(snapshot.Bridge);
            governance.Restore(snapshot.Governance);
        }
        catch (CanonicalFormatException e)
        {
            return e.Message;
        }

        var root = RootOf(snapshot.Height, snapshot.Time, snapshot.LastBlock, rounds, bridge, governance);
        if (root != next.StateRoot || bridge.Outbox.Root != next.OutboxRoot)
            return $"its root is {root.Short}, and header {next.Height} commits to {next.StateRoot.Short}";
        (_rounds, _bridge, _governance) = (rounds, bridge, governance);
        (Height, _time, _lastBlock, StateRoot) = (snapshot.Height, snapshot.Time, snapshot.LastBlock, root);
        _view = TakeView();
        return null;
    }

    private (RoundMachine Rounds, BridgeMachine Bridge, GovernanceMachine Governance) StartMachines() => (
        new RoundMachine(_chainId, _members, Learning.Policy, Learning.InitialModel, _verifier), new BridgeMachine(_terms, _verifier),
        new GovernanceMachine(_members, Check, Execute));

    private void Convict(byte[] bytes, List<IChainEvent> events)
    {
        if (!Canonical.TryDecode<Equivocation>(bytes, out var evidence, out _) || evidence.Verify(_chainId, _members, _verifier) is not null)
            return;
        events.Add(new EquivocationProved(_members[evidence.Seat].Id, evidence.Type, evidence.Height, evidence.Round));
        _rounds.Convict(evidence.Seat, events);
    }

    private string? Execute(Transaction transaction, long height, long time, List<IChainEvent> events)
    {
        string sender = transaction.Sender;
        return transaction.Kind switch
        {
            LearningTransactions.Contribution => Decode<Contribution>(transaction, body => _rounds.Apply(sender, body)),
            LearningTransactions.Attestation => Decode<Attestation>(transaction, body => _rounds.Apply(sender, body)),
            LearningTransactions.Metrics => Decode<Metrics>(transaction, body => _rounds.Apply(sender, body, events)),
            LearningTransactions.BridgeDelivery => Decode<BridgeDelivery>(transaction, body => _bridge.Apply(body, height, time, events)),
            LearningTransactions.GateVote => Decode<GateVote>(transaction, body => _bridge.Apply(sender, body, events)),
            LearningTransactions.ForkProof => Decode<ForkProof>(transaction, body => _bridge.Apply(body, time, events)),
            LearningTransactions.GovernanceVote => Decode<GovernanceVote>(transaction, body => _governance.Apply(sender, body, events)),
            _ => $"kind {transaction.Kind} is not a transaction of a learning chain",
        };
    }

    private string? Check(GovernanceAction action) => action switch
    {
        GovernanceAction.Pause => _rounds.CheckPause(),
        GovernanceAction.Resume => _rounds.CheckResume(),
        GovernanceAction.Stop => _rounds.CheckStop(),
        GovernanceAction.Restart restart => _rounds.CheckRestart(restart.Round, restart.Model),
        GovernanceAction.Readmit readmit => _rounds.CheckReadmit(readmit.Member),
        _ => $"{action.GetType().Name} is not an action of a learning chain",
    };

    private void Execute(GovernanceAction action, ICollection<IChainEvent> events)
    {
        switch (action)
        {
            case GovernanceAction.Pause:
                _rounds.Pause(events);
                break;
            case GovernanceAction.Resume:
                _rounds.Resume(Height + 1, events);
                break;
            case GovernanceAction.Stop:
                _rounds.Stop(events);
                break;
            case GovernanceAction.Restart restart:
                _rounds.Restart(restart.Round, restart.Rounds, events);
                break;
            case GovernanceAction.Readmit readmit:
                _rounds.Readmit(readmit.Member, events);
                break;
        }
    }

    private static string? Decode<T>(Transaction transaction, Func<T, string?> handle) where T : ICanonical<T> =>
        Canonical.TryDecode<T>(transaction.Body, out var body, out string? error) ? handle(body) : error;

    private void ScheduleAccepted(List<IChainEvent> events)
    {
        foreach (var happened in events)
        {
            if (happened is AuxiliaryAccepted accepted)
                _rounds.Schedule(new AuxiliaryBlend(accepted.Packet.Payload, Learning.Policy.BlendQ16));
        }
    }

    private void EmitPackets(RoundFinalized final, int contributors, BlockHeader header, List<IChainEvent> events)
    {
        var policy = Learning.Policy;
        if (policy.BridgeEvery == 0 || final.Round % policy.BridgeEvery != 0)
            return;
        // Saturates: a lifetime of "for ever" is legal.
        long expiry = header.Time > long.MaxValue - Learning.PacketLifetimeMs ? long.MaxValue : header.Time + Learning.PacketLifetimeMs;
        foreach (string destination in policy.BridgeGrants)
        {
            var packet = new AuxiliaryPacket(
                _chainId, _name, destination, 1, _taskHash, Learning.Task.Architecture, _backboneLayout, final.Model, final.Backbone,
                _backboneBytes, contributors, final.Round, header.Height, _rounds.MeanAucPpm, AuxiliaryPacket.AuxiliaryTraining, expiry);
            _bridge.Emit(packet, header.Height, events);
        }
    }

    private Digest ComputeStateRoot() => RootOf(Height, _time, _lastBlock, _rounds, _bridge, _governance);

    private static Digest RootOf(
        long height, long time, Digest lastBlock, RoundMachine rounds, BridgeMachine bridge, GovernanceMachine governance) =>
        Digest.Of(Canonical.Encode(w =>
        {
            w.Array(6).Int(height).Int(time).Digest(lastBlock).Item(rounds.Snapshot());
            bridge.WriteTo(w);
            w.Item(governance.Snapshot()).EndArray();
        }));

    private LearningView TakeView() =>
        new(Height, _time, StateRoot, _rounds.Info, _rounds.MeanAucPpm, [.. _bridge.Channels], _bridge.Outbox, _governance.Info);
}
