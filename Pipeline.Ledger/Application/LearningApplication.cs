using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// The state machine of a learning chain: rounds, bridge and governance behind <see cref="IChainApplication"/>. The model itself is not in here: the
/// state holds the digest that members attested, so a block costs the same for every model size.
/// </summary>
public sealed partial class LearningApplication : IChainApplication
{
    private readonly Digest _chainId;
    private readonly string _name;
    private readonly ISignatureVerifier _verifier;
    private readonly Digest _taskHash;
    private readonly Digest _backboneLayout;
    private readonly long _backboneBytes;
    private readonly int _genesisVersion;
    private readonly BridgeTerms _terms;
    private Machines _state;
    private Digest _lastBlock = Digest.Zero;
    private long _time;

    // Of the block that made the state; that of the next one is in the rules.
    private int _version;
    private BlockHeader? _executing;
    private volatile LearningView _view;

    private LearningApplication(Genesis genesis, LearningGenesis learning, ISignatureVerifier verifier)
    {
        Learning = learning;
        _chainId = genesis.ChainId;
        _name = genesis.Name;
        _verifier = verifier;
        _time = genesis.Time;
        _taskHash = learning.Task.Hash;
        _backboneLayout = BackbonePayload.LayoutDigest(learning.Layout);
        _backboneBytes = BackbonePayload.BytesFor(learning.Layout);
        _terms = new BridgeTerms(
            genesis.ChainId, genesis.Name, genesis.Members, genesis.Time, learning.Task.Architecture, _backboneLayout, _backboneBytes,
            learning.Policy.DeadlineBlocks, learning.TrustedChains)
        {
            Grants = [.. learning.Policy.BridgeGrants.Select(BridgeGrant.Unlimited)],
        };
        _version = _genesisVersion = genesis.Version;
        _state = StartMachines();
        StateRoot = RootOf(Height, _time, _lastBlock, _state, _version);
        _view = TakeView();
    }

    /// <summary>Task, layout, policy and trusted chains: fixed by the genesis. Any thread.</summary>
    public LearningGenesis Learning { get; }

    /// <summary>The state after the last applied block. Any thread.</summary>
    public LearningView View => _view;

    public long Height { get; private set; }

    public ChainRules Rules => new(Upgrade.Version, Membership.Epoch, Membership.Members, Membership.Next, Membership.Previous);

    public Digest StateRoot { get; private set; }

    public Digest OutboxRoot => Bridge.Outbox.Root;

    /// <summary>
    /// Also when the last block emitted a packet, which only the header above it proves, and when members change, which they do two blocks later.
    /// </summary>
    public bool WantsBlock => Rounds.WantsBlock || Membership.IsChanging || (Bridge.Outbox.Leaves.Count > 0 && Bridge.Outbox.Leaves[^1].Height == Height);

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
            LearningTransactions.Contribution => Decode<Contribution>(transaction, body => Rounds.Check(sender, body)),
            LearningTransactions.Attestation => Decode<Attestation>(transaction, body => Rounds.Check(sender, body)),
            LearningTransactions.Metrics => Decode<Metrics>(transaction, body => Rounds.Check(sender, body)),
            LearningTransactions.BridgeDelivery => Decode<BridgeDelivery>(transaction, body => CheckVersion(body) ?? Bridge.Check(body, Height + 1, _time)),
            LearningTransactions.GateVote => Decode<GateVote>(transaction, body => Bridge.Check(sender, body)),
            LearningTransactions.ForkProof => Decode<ForkProof>(transaction, body => Bridge.Check(body, _time)),
            LearningTransactions.GovernanceVote => Decode<GovernanceVote>(transaction, body => Governance.Check(sender, body)),
            LearningTransactions.AckDelivery when IsChanging => Decode<AckDelivery>(transaction, body => Bridge.Check(body, _time)),
            LearningTransactions.ClientUpdate when IsChanging => Decode<ClientUpdate>(transaction, body => Bridge.Check(body, _time)),
            LearningTransactions.Withdrawal when IsChanging => Decode<Withdrawal>(transaction, body => Rounds.Check(sender, body)),
            LearningTransactions.TrialVote when HasTrials => Decode<TrialVote>(transaction, body => Rounds.Check(sender, body)),
            _ => $"kind {transaction.Kind} is not a transaction of a learning chain",
        };
    }

    public BlockOutcome Apply(Block block)
    {
        var header = block.Header;
        if (header.Height != Height + 1)
            throw new InvalidOperationException($"block {header.Height} cannot follow height {Height} of chain '{_name}'");
        int version = Upgrade.Version;
        bool announced = Membership.IsChanging;
        var rules = Rules;
        var events = new List<IChainEvent>();
        _executing = header;
        foreach (byte[] evidence in block.Evidence)
            Convict(evidence, rules, events);
        var receipts = new TransactionReceipt[block.Transactions.Count];
        for (int i = 0; i < receipts.Length; i++)
        {
            var transaction = block.Transactions[i];
            // A proposer may be Byzantine: nothing takes effect on its word alone.
            receipts[i] = new TransactionReceipt(
                transaction.Id,
                transaction.Verify(_chainId, rules.Members, _verifier) ?? Execute(transaction, header.Height, header.Time, events));
        }

        ScheduleAccepted(events);
        int contributors = Rounds.Contributors;
        var side = Rounds.Branch.Side;
        int before = events.Count;
        Rounds.EndBlock(header.Height, block.Id, events);
        for (int i = before, end = events.Count; i < end; i++)
        {
            // What members have not accepted yet does not go abroad in their name.
            if (events[i] is RoundFinalized final && side != TrialSide.Offered)
                EmitPackets(final, contributors, header, events);
        }

        Bridge.EndBlock(header.Time, events);
        Height = header.Height;
        _time = header.Time;
        _lastBlock = block.Id;
        if (version >= ProtocolVersion.ChangingMembers && Membership.EndBlock(Height, block.Id, announced, events))
            Seat(Membership.Members);
        Upgrade.EndBlock(Height, events);
        _version = version;
        StateRoot = RootOf(Height, _time, _lastBlock, _state, _version);
        _view = TakeView();
        return new BlockOutcome(receipts, events);
    }

    private void Convict(byte[] bytes, ChainRules rules, List<IChainEvent> events)
    {
        if (!Canonical.TryDecode<Equivocation>(bytes, out var evidence, out _) || rules.Verify(evidence, _chainId, _verifier) is not null)
            return;
        string member = rules.MemberOf(evidence)!;
        events.Add(new EquivocationProved(member, evidence.Type, evidence.Height, evidence.Round));
        Rounds.Convict(member, events);
    }

    private string? Execute(Transaction transaction, long height, long time, List<IChainEvent> events)
    {
        string sender = transaction.Sender;
        return transaction.Kind switch
        {
            LearningTransactions.Contribution => Decode<Contribution>(transaction, body => Rounds.Apply(sender, body)),
            LearningTransactions.Attestation => Decode<Attestation>(transaction, body => Rounds.Apply(sender, body)),
            LearningTransactions.Metrics => Decode<Metrics>(transaction, body => Rounds.Apply(sender, body, events)),
            LearningTransactions.BridgeDelivery => Decode<BridgeDelivery>(transaction, body => CheckVersion(body) ?? Bridge.Apply(body, height, time, events)),
            LearningTransactions.GateVote => Decode<GateVote>(transaction, body => Bridge.Apply(sender, body, events)),
            LearningTransactions.ForkProof => Decode<ForkProof>(transaction, body => Bridge.Apply(body, time, events)),
            LearningTransactions.GovernanceVote => Decode<GovernanceVote>(transaction, body => Governance.Apply(sender, body, events)),
            LearningTransactions.AckDelivery when IsChanging => Decode<AckDelivery>(transaction, body => Bridge.Apply(body, time, events)),
            LearningTransactions.ClientUpdate when IsChanging => Decode<ClientUpdate>(transaction, body => Bridge.Apply(body, time, events)),
            LearningTransactions.Withdrawal when IsChanging => Decode<Withdrawal>(transaction, body => Rounds.Apply(sender, body, events)),
            LearningTransactions.TrialVote when HasTrials => Decode<TrialVote>(transaction, body => Rounds.Apply(sender, body)),
            _ => $"kind {transaction.Kind} is not a transaction of a learning chain",
        };
    }

    private static string? Decode<T>(Transaction transaction, Func<T, string?> handle) where T : ICanonical<T> =>
        Canonical.TryDecode<T>(transaction.Body, out var body, out string? error) ? handle(body) : error;

    private void ScheduleAccepted(List<IChainEvent> events)
    {
        foreach (var accepted in events.OfType<AuxiliaryAccepted>().ToArray())
            Rounds.Schedule(new AuxiliaryBlend(accepted.Packet.Payload, Rounds.Policy.BlendQ16), events);
    }

    private void EmitPackets(RoundFinalized final, int contributors, BlockHeader header, List<IChainEvent> events)
    {
        var policy = Learning.Policy;
        if (policy.BridgeEvery == 0 || final.Round % policy.BridgeEvery != 0)
            return;
        // Saturates: a lifetime of "for ever" is legal.
        long expiry = header.Time > long.MaxValue - Learning.PacketLifetimeMs ? long.MaxValue : header.Time + Learning.PacketLifetimeMs;
        foreach (var grant in Bridge.LiveGrants(header.Time))
        {
            var packet = new AuxiliaryPacket(
                _chainId, _name, grant.Chain, 1, _taskHash, Learning.Task.Architecture, _backboneLayout, final.Model, final.Backbone,
                _backboneBytes, contributors, final.Round, header.Height, Rounds.MeanAucPpm, grant.Purpose,
                Math.Min(expiry, grant.ExpiryTime))
            {
                UpdateNorm = IsChanging ? policy.MaxNorm : null,
                SpentMicro = IsChanging ? Rounds.MostSpentMicro : 0,
            };
            Bridge.Emit(packet, header.Height, events);
        }
    }

    private LearningView TakeView() =>
        new(Height, _time, StateRoot, Rounds.Info, Rounds.MeanAucPpm, [.. Bridge.Channels], Bridge.Outbox, Governance.Info)
        {
            Rules = Rules,
            Bridge = Bridge.Info,
            Policy = Rounds.Policy,
            PendingUpgrade = Upgrade.Pending,
            Checkpoint = Membership.Checkpoint,
        };
}
