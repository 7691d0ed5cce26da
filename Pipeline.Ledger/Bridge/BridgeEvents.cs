using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>The source chain put a packet into its outbox: a relay proves it with the header of <paramref name="Packet"/>.SourceHeight + 1.</summary>
/// <param name="LeafIndex">Its place in the outbox tree.</param>
public sealed record PacketEmitted(long LeafIndex, AuxiliaryPacket Packet) : IChainEvent;

/// <summary>A proven packet arrived and n−f members hold its payload: each site's gate judges it and votes.</summary>
public sealed record AuxiliaryOffered(AuxiliaryPacket Packet) : IChainEvent;

/// <summary>n−f members accepted: the backbone is blended in when the next round closes, or waits for its trial where the policy has trials.</summary>
public sealed record AuxiliaryAccepted(AuxiliaryPacket Packet) : IChainEvent;

/// <summary>Acceptance has become impossible, or a newer packet of the same chain took the offer's place.</summary>
public sealed record AuxiliaryRefused(AuxiliaryPacket Packet, string Reason) : IChainEvent;

/// <summary>A proven packet was consumed with an error ack: it can never be offered.</summary>
public sealed record PacketConsumed(AuxiliaryPacket Packet, string Error) : IChainEvent;

/// <summary>Two certificates of one height: the source chain forked, nothing of it is believed until the members decide otherwise.</summary>
public sealed record ClientFrozen(Digest SourceChain, long Height) : IChainEvent;

/// <summary>The other chain is proved to have consumed a packet of this one.</summary>
/// <param name="Error"><see cref="PacketError.None"/> where it was offered to its members.</param>
public sealed record PacketAcknowledged(string Destination, long Sequence, PacketError Error) : IChainEvent;
