using System.Globalization;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Bridge;

/// <summary>
/// A chain's bridge: the outbox, and one channel for each trusted chain. Pure and deterministic. A relay can delay packets but never skip,
/// repeat, reorder or forge one.
/// </summary>
public sealed partial class BridgeMachine
{
    private readonly BridgeTerms _terms;
    private readonly ISignatureVerifier _verifier;
    private readonly SortedDictionary<string, long> _nextOutgoing = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _nextAck = new(StringComparer.Ordinal);
    private readonly List<BridgeGrant> _grants;
    private MemberSet _members;
    private BridgeChannel[] _channels;
    private BridgeLimits? _limits;
    private bool _suspended;

    public BridgeMachine(BridgeTerms terms, ISignatureVerifier verifier)
    {
        _terms = terms;
        _verifier = verifier;
        _members = terms.Members;
        _grants = [.. terms.Grants];
        _channels = [.. terms.Trusted.Select(c => new BridgeChannel(LightClient.Start(c, terms.GenesisTime), 1, null))];
    }

    public Outbox Outbox { get; private set; } = Outbox.Empty;

    /// <summary>In the order in which they were trusted.</summary>
    public IReadOnlyList<BridgeChannel> Channels => _channels;

    public BridgeInfo Info => new(
        _suspended, [.. _grants], _limits, _nextAck.ToDictionary(next => next.Key, next => next.Value - 1, StringComparer.Ordinal));

    /// <summary>Puts a packet for its destination into the outbox; the sequence is set here.</summary>
    public void Emit(AuxiliaryPacket packet, long height, ICollection<IChainEvent> events)
    {
        long sequence = _nextOutgoing.GetValueOrDefault(packet.Destination, 1);
        _nextOutgoing[packet.Destination] = sequence + 1;
        var sequenced = packet with { Sequence = sequence };
        events.Add(new PacketEmitted(Outbox.Leaves.Count, sequenced));
        Outbox = Outbox.Add(height, sequenced);
    }

    /// <param name="time">Time of the block (milliseconds since the Unix epoch).</param>
    public string? Check(BridgeDelivery delivery, long height, long time) => Evaluate(delivery, height, time).Refusal;

    /// <summary>Checks and, when nothing is wrong, takes effect; otherwise returns why not.</summary>
    public string? Apply(BridgeDelivery delivery, long height, long time, ICollection<IChainEvent> events)
    {
        var verdict = Evaluate(delivery, height, time);
        if (verdict.Refusal is not null)
            return verdict.Refusal;
        ref var channel = ref _channels[verdict.Channel];
        var client = verdict.Client!;
        if (client.Frozen)
        {
            Freeze(ref channel, delivery.Proof.Header.Header.Height, events);
            return null;
        }

        var packet = delivery.Packet;
        Outbox = Outbox.Add(height, new PacketAck(packet.SourceChain, packet.Sequence, verdict.Error));
        if (verdict.Error != PacketError.None)
        {
            channel = channel with { Client = client, NextSequence = packet.Sequence + 1 };
            events.Add(new PacketConsumed(packet, Describe(verdict.Error, packet)));
            return null;
        }

        if (channel.Offer is { } superseded)
            events.Add(new AuxiliaryRefused(superseded.Packet, "a newer packet took its place before n−f members had voted"));
        channel = new BridgeChannel(client, packet.Sequence + 1, new AuxiliaryOffer(packet, height, 0, 0)) { Window = WindowAfter(channel, packet, time) };
        events.Add(new AuxiliaryOffered(packet));
        return null;
    }

    public string? Check(string sender, GateVote vote)
    {
        int seat = _members.IndexOf(sender);
        if (seat < 0)
            return $"'{sender}' is not a member";
        if (IndexOf(vote.SourceChain) is not (>= 0 and var index) || _channels[index].Offer is not { } offer ||
            offer.Packet.Sequence != vote.Sequence)
            return $"packet {vote.Sequence} of chain {vote.SourceChain.Short} is not being judged";
        return ((offer.Accepts | offer.Refuses) >> seat & 1) == 0 ? null : $"'{sender}' has already voted on packet {vote.Sequence}";
    }

    /// <summary>Checks and, when nothing is wrong, takes effect; n−f accepting votes show as <see cref="AuxiliaryAccepted"/>.</summary>
    public string? Apply(string sender, GateVote vote, ICollection<IChainEvent> events)
    {
        if (Check(sender, vote) is { } refusal)
            return refusal;
        ref var channel = ref _channels[IndexOf(vote.SourceChain)];
        ulong bit = 1UL << _members.IndexOf(sender);
        var offer = channel.Offer!;
        offer = vote.Accept ? offer with { Accepts = offer.Accepts | bit } : offer with { Refuses = offer.Refuses | bit };
        channel = channel with { Offer = offer };
        if (offer.AcceptCount >= _members.Quorum)
        {
            channel = channel with { Offer = null };
            events.Add(new AuxiliaryAccepted(offer.Packet));
        }
        else if (offer.RefuseCount > _members.MaxFaulty)
        {
            channel = channel with { Offer = null };
            events.Add(new AuxiliaryRefused(offer.Packet, $"{offer.RefuseCount} of {_members.Count} members refused"));
        }

        return null;
    }

    public string? Check(ForkProof proof, long time)
    {
        if (IndexOf(proof.First.Header.ChainId) is not (>= 0 and var index))
            return $"chain {proof.First.Header.ChainId.Short} is not trusted here";
        var client = _channels[index].Client;
        if (client.CheckUsable(time) is { } unusable)
            return unusable;
        if (proof.First.Header.Height != proof.Second.Header.Height)
            return $"headers of two heights, {proof.First.Header.Height} and {proof.Second.Header.Height}, are no fork";
        if (proof.First.Header.Id >= proof.Second.Header.Id)
            return "a fork is proved by two different headers in ascending order of their ids";
        return client.Verify(proof.First, _verifier) ?? client.Verify(proof.Second, _verifier);
    }

    public string? Apply(ForkProof proof, long time, ICollection<IChainEvent> events)
    {
        if (Check(proof, time) is { } refusal)
            return refusal;
        Freeze(ref _channels[IndexOf(proof.First.Header.ChainId)], proof.First.Header.Height, events);
        return null;
    }

    /// <summary>After the block's transactions: an offer whose packet has expired is refused.</summary>
    public void EndBlock(long time, ICollection<IChainEvent> events)
    {
        foreach (ref var channel in _channels.AsSpan())
        {
            if (channel.Offer is not { } offer || time <= offer.Packet.ExpiryTime)
                continue;
            channel = channel with { Offer = null };
            events.Add(new AuxiliaryRefused(offer.Packet, "the packet expired before n−f members had voted"));
        }
    }

    private static void Freeze(ref BridgeChannel channel, long height, ICollection<IChainEvent> events)
    {
        if (channel.Offer is { } offer)
            events.Add(new AuxiliaryRefused(offer.Packet, $"chain '{channel.Client.Chain.Name}' forked at height {height}"));
        channel = channel with { Client = channel.Client.Freeze(), Offer = null };
        events.Add(new ClientFrozen(channel.Client.Chain.ChainId, height));
    }

    /// <param name="Client">The client after the proof's headers; frozen when they show a fork.</param>
    /// <param name="Error">Why the proven packet is consumed without an offer.</param>
    private readonly record struct Verdict(string? Refusal, int Channel, LightClient? Client, PacketError Error);

    private Verdict Evaluate(BridgeDelivery delivery, long height, long time)
    {
        static Verdict Refuse(string reason) => new(reason, -1, null, PacketError.None);
        var packet = delivery.Packet;
        if (_suspended)
            return Refuse("the members have suspended the bridge");
        int index = IndexOf(packet.SourceChain);
        if (index < 0)
            return Refuse($"chain {packet.SourceChain.Short} is not trusted here");
        if (packet.Destination != _terms.ChainName)
            return Refuse($"a packet for chain '{packet.Destination}', this is '{_terms.ChainName}'");
        var channel = _channels[index];
        if (channel.Client.CheckUsable(time) is { } unusable)
            return Refuse(unusable);
        if (packet.Sequence != channel.NextSequence)
            return Refuse($"packet {packet.Sequence} of '{packet.SourceName}' {(packet.Sequence < channel.NextSequence ? "was already consumed" : "leaves a gap")}; {channel.NextSequence} is next");
        if (Prove(channel.Client, delivery.Proof, Outbox.LeafOf(packet), time, out string? error) is not { } client)
            return Refuse(error!);
        if (client.Frozen)
            return new Verdict(null, index, client, PacketError.None);
        // Consumed rather than refused: a packet that nobody delivers a second time must not close the channel.
        var flaw = Judge(packet, channel, height, time);
        if (flaw != PacketError.None)
            return new Verdict(null, index, client, flaw);
        return AckQuorum.Verify(_terms.ChainId, _members, _verifier, packet.Payload, delivery.Acks) is { } missing
            ? Refuse(missing)
            : new Verdict(null, index, client, PacketError.None);
    }

    private LightClient? Prove(LightClient client, PacketProof proof, byte[] leaf, long time, out string? error)
    {
        if (Advance(client, proof.Epochs, time, out error) is not { } advanced || advanced.Frozen)
            return error is null ? client.Freeze() : null;
        error = advanced.Verify(proof.Header, _verifier);
        if (error is not null)
            return null;
        if (!MerkleTree.VerifyInclusion(proof.Header.Header.OutboxRoot, leaf, proof.LeafIndex, proof.LeafCount, proof.Path))
        {
            error = $"the packet is not leaf {proof.LeafIndex} of {proof.LeafCount} under header {proof.Header.Header.Height}";
            return null;
        }

        return advanced.Accept(proof.Header, time);
    }

    /// <summary>Takes epoch-ending headers in order; a client that saw a fork is frozen, a wrong header gives null and an error.</summary>
    private LightClient? Advance(LightClient client, IReadOnlyList<EpochChange> epochs, long time, out string? error)
    {
        error = null;
        foreach (var change in epochs)
        {
            error = client.Verify(change.Last, _verifier);
            if (error is not null || client.TryAdvance(change, time, out error) is not { } advanced)
                return null;
            if (advanced.Frozen)
                return advanced;
            client = advanced;
        }

        return client;
    }

    private PacketError Judge(AuxiliaryPacket packet, BridgeChannel channel, long height, long time) =>
        time > packet.ExpiryTime ? PacketError.Expired
        : packet.SourceName != channel.Client.Chain.Name ? PacketError.SourceName
        : packet.Purpose != AuxiliaryPacket.AuxiliaryTraining ? PacketError.Purpose
        : packet.Architecture != _terms.Architecture ? PacketError.Architecture
        : packet.BackboneLayout != _terms.BackboneLayout ? PacketError.BackboneLayout
        : packet.PayloadBytes != _terms.BackboneBytes ? PacketError.PayloadSize
        : channel.Offer is { } offer && height < offer.Height + _terms.PatienceBlocks ? PacketError.Busy
        : _limits is { } limits ? Judge(packet, channel, limits, time)
        : PacketError.None;

    private string Describe(PacketError error, AuxiliaryPacket packet) => error switch
    {
        PacketError.Expired => $"expired at {packet.ExpiryTime} ms",
        PacketError.SourceName => $"it calls its chain '{packet.SourceName}'",
        PacketError.Purpose => $"purpose {packet.Purpose} is not one this chain knows",
        PacketError.Architecture => $"architecture '{packet.Architecture}', this chain's is '{_terms.Architecture}'",
        PacketError.BackboneLayout => "its backbone's tensors are not this chain's",
        PacketError.PayloadSize => $"a payload of {packet.PayloadBytes} bytes where this backbone has {_terms.BackboneBytes}",
        PacketError.Limit => "its chain has brought in what the members' limits allow in this window",
        PacketError.UpdateNorm => $"its updates are clipped to {packet.UpdateNorm?.ToString(CultureInfo.InvariantCulture) ?? "an unknown norm"} where {_limits?.MaxUpdateNorm} is the bound",
        PacketError.Privacy => $"its contributors have spent ε × 10⁶ = {packet.SpentMicro} (0: without differential privacy) where {_limits?.MaxSpentMicro} is the bound",
        PacketError.Busy => "an earlier packet of its chain is still being judged",
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };

    private int IndexOf(Digest chain) => Array.FindIndex(_channels, c => c.Client.Chain.ChainId == chain);
}
