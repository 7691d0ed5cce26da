namespace Pipeline.Ledger.Crypto;

/// <summary>Signs with one member's key. The seam that lets the simulator run without the cost of real curves.</summary>
public interface ISigner
{
    MemberPublicKey PublicKey { get; }

    /// <summary>A 64-byte signature over <paramref name="message"/>.</summary>
    byte[] Sign(ReadOnlySpan<byte> message);
}

/// <summary>Verifies any member's signature.</summary>
public interface ISignatureVerifier
{
    bool Verify(MemberPublicKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
