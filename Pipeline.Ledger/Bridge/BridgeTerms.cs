using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>What the bridge of one chain is bound to by its genesis.</summary>
/// <param name="ChainName">Own name: packets for another destination are not for us.</param>
/// <param name="GenesisTime">Milliseconds since the Unix epoch: trust in other chains counts from here until their first header.</param>
/// <param name="Architecture">Own architecture id; another's backbone means nothing here.</param>
/// <param name="BackboneLayout">Digest of the own backbone's tensors.</param>
/// <param name="BackboneBytes">Size of the own backbone's payload (bytes): an offered one has the same.</param>
/// <param name="Members">Of the chain's first epoch.</param>
/// <param name="PatienceBlocks">A newer packet takes the place of an undecided offer only after this many blocks; sooner it is
/// consumed as <see cref="PacketError.Busy"/>.</param>
public sealed record BridgeTerms(
    Digest ChainId, string ChainName, MemberSet Members, long GenesisTime, string Architecture, Digest BackboneLayout, long BackboneBytes,
    int PatienceBlocks, IReadOnlyList<TrustedChain> Trusted)
{
    /// <summary>Chains that the backbone may go to from the first block on.</summary>
    public IReadOnlyList<BridgeGrant> Grants { get; init; } = [];
}
