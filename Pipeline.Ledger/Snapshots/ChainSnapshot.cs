using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Snapshots;

/// <summary>
/// Everything that a replica needs to go on after a height without the blocks up to it: the application's state and the newest blocks as far as
/// later ones are judged by them. The same bytes at every member, so that any of them can hand out any chunk. Nothing in it is believed on its
/// own: the certified header above binds the last block by its id and the state by its root, and each block binds the one before.
/// </summary>
/// <param name="Blocks">The newest <see cref="ReplayWindow.Length"/>, or all there are, oldest first.</param>
/// <param name="State">What the application saved (<see cref="IChainApplication.Save"/>), which knows its own version.</param>
public sealed record ChainSnapshot(IReadOnlyList<RecentBlock> Blocks, byte[] State) : ICanonical<ChainSnapshot>
{
    /// <summary>A build reads the versions up to its own.</summary>
    public const int Version = 1;

    /// <summary>No state is larger (bytes).</summary>
    public const int MaxStateBytes = 64 << 20;

    /// <summary>No snapshot is larger (bytes): a state, and the headers, leaves and evidence of a full window.</summary>
    public const int MaxBytes = MaxStateBytes + ReplayWindow.Length * (1024 + Block.MaxTransactions * 40 + Block.MaxEvidence * (Block.MaxEvidenceBytes + 16));

    /// <summary>The state is that after this height.</summary>
    public long Height => Last.Height;

    public BlockHeader Last => Blocks[^1].Header;

    /// <summary>
    /// Null when all but the state is what a quorum decided; otherwise what is wrong. The state is checked by
    /// <see cref="IChainApplication.Restore"/>.
    /// </summary>
    /// <param name="next">The certified header of <see cref="Height"/> + 1.</param>
    /// <param name="chain">Knows the members of the header's epoch.</param>
    public string? Verify(CertifiedHeader next, LightClient chain, ISignatureVerifier verifier)
    {
        if (chain.Verify(next, verifier) is { } fault)
            return fault;
        var above = next.Header;
        foreach (var block in Blocks.Reverse())
        {
            if (block.Header.Id != above.Parent || block.Header.Height != above.Height - 1)
                return $"block {block.Header.Height} does not link to header {above.Height}";
            if (block.VerifyRoots() is { } root)
                return root;
            above = block.Header;
        }

        return Blocks.Count == ReplayWindow.Length || above.Height == 1
            ? null
            : $"{Blocks.Count} blocks below height {next.Header.Height}, where {ReplayWindow.Length} are needed";
    }

    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Int(Version).List(Blocks).Bytes(State).EndArray();

    public static ChainSnapshot ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        reader.Int32(Version, Version);
        var snapshot = new ChainSnapshot(reader.List<RecentBlock>(ReplayWindow.Length), reader.Bytes(MaxStateBytes));
        reader.EndArray();
        return snapshot.Blocks.Count > 0 ? snapshot : throw new CanonicalFormatException("a snapshot without a block");
    }
}
