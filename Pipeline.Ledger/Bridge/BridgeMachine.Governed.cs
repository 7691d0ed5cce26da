using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>What the members decide about the bridge, news of other chains, and their answers.</summary>
public sealed partial class BridgeMachine
{
    public const int MaxChannels = 64;

    /// <summary>Chains that the backbone may go to at <paramref name="time"/>; none while the bridge is suspended.</summary>
    public IEnumerable<BridgeGrant> LiveGrants(long time) => _suspended ? [] : _grants.Where(g => time <= g.ExpiryTime);

    /// <summary>An epoch begins: verdicts stay with the members that gave them.</summary>
    public void Seat(MemberSet members)
    {
        foreach (ref var channel in _channels.AsSpan())
        {
            if (channel.Offer is not { } offer)
                continue;
            channel = channel with
            {
                Offer = offer with { Accepts = Seats.Move(offer.Accepts, _members, members), Refuses = Seats.Move(offer.Refuses, _members, members) },
            };
        }

        _members = members;
    }

    public string? Check(ClientUpdate update, long time) => Evaluate(update, time, out _);

    /// <summary>Checks and, when nothing is wrong, takes effect; otherwise returns why not.</summary>
    public string? Apply(ClientUpdate update, long time, ICollection<IChainEvent> events)
    {
        if (Evaluate(update, time, out var client) is { } refusal)
            return refusal;
        ref var channel = ref _channels[IndexOf(update.Header.Header.ChainId)];
        if (client!.Frozen)
            Freeze(ref channel, update.Header.Header.Height, events);
        else
            channel = channel with { Client = client };
        return null;
    }

    public string? Check(AckDelivery delivery, long time) => Evaluate(delivery, time, out _);

    /// <inheritdoc cref="Apply(ClientUpdate, long, ICollection{IChainEvent})"/>
    public string? Apply(AckDelivery delivery, long time, ICollection<IChainEvent> events)
    {
        if (Evaluate(delivery, time, out var client) is { } refusal)
            return refusal;
        ref var channel = ref _channels[IndexOf(delivery.Proof.Header.Header.ChainId)];
        if (client!.Frozen)
        {
            Freeze(ref channel, delivery.Proof.Header.Header.Height, events);
            return null;
        }

        channel = channel with { Client = client };
        _nextAck[client.Chain.Name] = delivery.Ack.Sequence + 1;
        events.Add(new PacketAcknowledged(client.Chain.Name, delivery.Ack.Sequence, delivery.Ack.Error));
        return null;
    }

    public string? Check(BridgeGrant grant, long time)
    {
        if (grant.Chain == _terms.ChainName || !Genesis.IsChainName(grant.Chain))
            return $"'{grant.Chain}' is no other chain's name";
        if (grant.Purpose != AuxiliaryPacket.AuxiliaryTraining)
            return $"purpose {grant.Purpose} is not one this chain knows";
        if (grant.ExpiryTime <= time)
            return $"the grant would have expired at {grant.ExpiryTime} ms";
        if (_grants.Contains(grant))
            return $"'{grant.Chain}' has this very grant";
        return _grants.Count < MaxChannels || _grants.Exists(g => g.Chain == grant.Chain) ? null : $"{MaxChannels} chains have grants already";
    }

    /// <summary>After <see cref="Check(BridgeGrant, long)"/>.</summary>
    public void Apply(BridgeGrant grant)
    {
        _grants.RemoveAll(g => g.Chain == grant.Chain);
        _grants.Add(grant);
    }

    public string? CheckEndGrant(string chain) => _grants.Exists(g => g.Chain == chain) ? null : $"'{chain}' has no grant";

    /// <summary>After <see cref="CheckEndGrant"/>.</summary>
    public void EndGrant(string chain) => _grants.RemoveAll(g => g.Chain == chain);

    public string? Check(TrustedChain chain)
    {
        if (chain.ChainId == _terms.ChainId || chain.Name == _terms.ChainName)
            return "a chain does not trust itself";
        if (_channels.Any(c => c.Client.Chain.Name == chain.Name && c.Client.Chain.ChainId != chain.ChainId))
            return $"another chain is trusted as '{chain.Name}'";
        if (!Genesis.IsChainName(chain.Name))
            return $"'{chain.Name}' is no chain's name";
        return _channels.Length < MaxChannels || IndexOf(chain.ChainId) >= 0 ? null : $"{MaxChannels} chains are trusted already";
    }

    /// <summary>After <see cref="Check(TrustedChain)"/>: the client of the chain starts, or starts anew.</summary>
    public void Apply(TrustedChain chain, long time, ICollection<IChainEvent> events)
    {
        var client = LightClient.Start(chain, time);
        int index = IndexOf(chain.ChainId);
        if (index < 0)
        {
            _channels = [.. _channels, new BridgeChannel(client, 1, null)];
            return;
        }

        RefuseOffer(ref _channels[index], "the members trust its chain anew, from another point on", events);
        _channels[index] = _channels[index] with { Client = client };
    }

    public string? CheckFreeze(Digest chain) => IndexOf(chain) is >= 0 and var index
        ? _channels[index].Client.Frozen ? $"the client of '{_channels[index].Client.Chain.Name}' is frozen already" : null
        : $"chain {chain.Short} is not trusted here";

    /// <summary>After <see cref="CheckFreeze"/>.</summary>
    public void Freeze(Digest chain, ICollection<IChainEvent> events)
    {
        ref var channel = ref _channels[IndexOf(chain)];
        RefuseOffer(ref channel, "the members froze its chain", events);
        channel = channel with { Client = channel.Client.Freeze() };
        events.Add(new ClientFrozen(chain, channel.Client.Height));
    }

    public string? CheckUnfreeze(Digest chain) => IndexOf(chain) is >= 0 and var index
        ? _channels[index].Client.Frozen ? null : $"the client of '{_channels[index].Client.Chain.Name}' is not frozen"
        : $"chain {chain.Short} is not trusted here";

    /// <summary>After <see cref="CheckUnfreeze"/>.</summary>
    public void Unfreeze(Digest chain, long time)
    {
        ref var channel = ref _channels[IndexOf(chain)];
        channel = channel with { Client = channel.Client.Unfreeze(time) };
    }

    public string? Check(BridgeLimits limits) => limits == _limits ? "the limits are so already" : null;

    /// <summary>After <see cref="Check(BridgeLimits)"/>.</summary>
    public void Apply(BridgeLimits limits) => _limits = limits;

    public string? CheckSuspend() => _suspended ? "the bridge is suspended already" : null;

    /// <summary>After <see cref="CheckSuspend"/>: what is being judged is refused.</summary>
    public void Suspend(ICollection<IChainEvent> events)
    {
        _suspended = true;
        foreach (ref var channel in _channels.AsSpan())
            RefuseOffer(ref channel, "the members suspended the bridge", events);
    }

    public string? CheckResume() => _suspended ? null : "the bridge is not suspended";

    /// <summary>After <see cref="CheckResume"/>.</summary>
    public void Resume() => _suspended = false;

    private static void RefuseOffer(ref BridgeChannel channel, string reason, ICollection<IChainEvent> events)
    {
        if (channel.Offer is not { } offer)
            return;
        channel = channel with { Offer = null };
        events.Add(new AuxiliaryRefused(offer.Packet, reason));
    }

    private string? Evaluate(ClientUpdate update, long time, out LightClient? next)
    {
        next = null;
        int index = IndexOf(update.Header.Header.ChainId);
        if (index < 0)
            return $"chain {update.Header.Header.ChainId.Short} is not trusted here";
        var client = _channels[index].Client;
        if (client.CheckUsable(time) is { } unusable)
            return unusable;
        if (Advance(client, update.Epochs, time, out string? error) is not { } advanced)
            return error;
        if (!advanced.Frozen && advanced.Verify(update.Header, _verifier) is { } wrong)
            return wrong;
        next = advanced.Frozen ? advanced : advanced.Accept(update.Header, time);
        return next == client ? $"header {update.Header.Header.Height} of '{client.Chain.Name}' is no news; the client is at {client.Height}" : null;
    }

    private string? Evaluate(AckDelivery delivery, long time, out LightClient? next)
    {
        next = null;
        var ack = delivery.Ack;
        int index = IndexOf(delivery.Proof.Header.Header.ChainId);
        if (index < 0)
            return $"chain {delivery.Proof.Header.Header.ChainId.Short} is not trusted here";
        if (ack.SourceChain != _terms.ChainId)
            return $"an answer to a packet of chain {ack.SourceChain.Short}, not of this one";
        var client = _channels[index].Client;
        if (client.CheckUsable(time) is { } unusable)
            return unusable;
        string destination = client.Chain.Name;
        long expected = _nextAck.GetValueOrDefault(destination, 1);
        if (ack.Sequence != expected)
            return $"the answer of '{destination}' to packet {ack.Sequence} {(ack.Sequence < expected ? "was already taken" : "leaves a gap")}; {expected} is next";
        if (ack.Sequence >= _nextOutgoing.GetValueOrDefault(destination, 1))
            return $"packet {ack.Sequence} was never sent to '{destination}'";
        next = Prove(client, delivery.Proof, Outbox.LeafOf(ack), time, out string? error);
        return next is null ? error : null;
    }

    private BridgeWindow WindowAfter(BridgeChannel channel, AuxiliaryPacket packet, long time) =>
        _limits is { } limits ? channel.Window.At(time, limits).Plus(packet.PayloadBytes) : channel.Window;

    private static PacketError Judge(AuxiliaryPacket packet, BridgeChannel channel, BridgeLimits limits, long time) =>
        packet.UpdateNorm is not { } norm || norm > limits.MaxUpdateNorm ? PacketError.UpdateNorm
        : limits.MaxSpentMicro > 0 && (packet.SpentMicro == 0 || packet.SpentMicro > limits.MaxSpentMicro) ? PacketError.Privacy
        : channel.Window.At(time, limits).Takes(packet.PayloadBytes, limits) ? PacketError.None
        : PacketError.Limit;
}
