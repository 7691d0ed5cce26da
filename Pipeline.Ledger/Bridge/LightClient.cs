using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>
/// What a chain knows of another without replaying it: the members of its current epoch and the newest header it has accepted. Immutable;
/// accepting a header gives the next client.
/// </summary>
/// <param name="Height">Of the newest accepted header; 0 before the first.</param>
/// <param name="HeaderId">Its block id.</param>
/// <param name="TrustTime">Milliseconds since the Unix epoch: the trust period counts from here.</param>
/// <param name="Frozen">The chain forked, or members say so: nothing of it is believed until they decide otherwise.</param>
public sealed record LightClient(
    TrustedChain Chain, long Epoch, MemberSet Members, long Height, Digest HeaderId, long TrustTime, bool Frozen)
{
    /// <param name="now">Time of the own chain's genesis (milliseconds since the Unix epoch).</param>
    public static LightClient Start(TrustedChain chain, long now) => new(chain, chain.Epoch, chain.Members, 0, Digest.Zero, now, false);

    public LightClient Freeze() => this with { Frozen = true };

    /// <summary>The members of the own chain decided to believe it again; the trust period counts anew.</summary>
    public LightClient Unfreeze(long now) => this with { Frozen = false, TrustTime = Math.Max(TrustTime, now) };

    /// <summary>Null when the client may be used at <paramref name="now"/>; otherwise why not.</summary>
    public string? CheckUsable(long now)
    {
        if (Frozen)
            return $"the client of chain '{Chain.Name}' is frozen: it has shown two certificates of one height, or the members froze it";
        return now - TrustTime > Chain.TrustPeriodMs
            ? $"the client of chain '{Chain.Name}' expired: no header within {Chain.TrustPeriodMs} ms"
            : null;
    }

    /// <summary>
    /// Null when the header is one that a quorum of the client's epoch decided. The header's fields count for nothing until their digest is
    /// the certificate's block id, and the certificate for nothing until its signatures verify.
    /// </summary>
    public string? Verify(CertifiedHeader certified, ISignatureVerifier verifier)
    {
        var (header, certificate) = certified;
        if (certificate.BlockId != header.Id)
            return $"the certificate is for block {certificate.BlockId.Short}, the header is {header.Id.Short}";
        if (certificate.Type != StatementType.Precommit)
            return "the certificate is not of precommits";
        if (certificate.Height != header.Height || certificate.Epoch != header.Epoch)
            return $"the certificate is of epoch {certificate.Epoch} height {certificate.Height}, the header of {header.Epoch} and {header.Height}";
        if (header.ChainId != Chain.ChainId)
            return $"a header of chain {header.ChainId.Short}, not of '{Chain.Name}' ({Chain.ChainId.Short})";
        if (header.Epoch != Epoch)
            return $"a header of epoch {header.Epoch}; the client of '{Chain.Name}' is in epoch {Epoch}";
        if (header.MembersHash != Members.Hash)
            return $"the header's members are not those of epoch {Epoch} of '{Chain.Name}'";
        return certificate.Verify(Chain.ChainId, Members, verifier);
    }

    /// <summary>Takes a verified header in: moves forward, never back, and freezes on a second header of the newest height.</summary>
    /// <param name="now">Time of the own chain; a header's time from the future does not stretch the trust.</param>
    public LightClient Accept(CertifiedHeader verified, long now)
    {
        var header = verified.Header;
        if (header.Height == Height)
            return header.Id == HeaderId ? this : Freeze();
        return header.Height < Height
            ? this
            : this with { Height = header.Height, HeaderId = header.Id, TrustTime = Math.Max(TrustTime, Math.Min(header.Time, now)) };
    }

    /// <summary>Takes a verified epoch-ending header in. Null and an error when it does not name <paramref name="change"/>'s members.</summary>
    public LightClient? TryAdvance(EpochChange change, long now, out string? error)
    {
        var header = change.Last.Header;
        error = header.NextMembersHash == header.MembersHash ? $"header {header.Height} does not end an epoch"
            : header.NextMembersHash != change.Next.Hash ? $"the members offered are not those that header {header.Height} names"
            : null;
        if (error is not null)
            return null;
        var accepted = Accept(change.Last, now);
        return accepted.Frozen ? accepted : accepted with { Epoch = Epoch + 1, Members = change.Next };
    }

    internal void WriteTo(CanonicalWriter writer) => writer.Array(7).Digest(Chain.ChainId).Int(Epoch).Digest(Members.Hash).Int(Height)
        .Digest(HeaderId).Int(TrustTime).Bool(Frozen).EndArray();
}
