using CsCheck;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Ledger.Crypto;

public sealed class Ed25519Tests
{
    private readonly Ed25519Verifier _verifier = new();

    /// <summary>RFC 8032 §7.1, TEST 1 to 3.</summary>
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Rfc_8032_vectors(string seed, string key, string message, string signature)
    {
        using var signer = Ed25519Signer.FromSeed(Convert.FromHexString(seed));
        Assert.Equal(key, signer.PublicKey.Key.ToString());
        Assert.Equal(signature, Convert.ToHexStringLower(signer.Sign(Convert.FromHexString(message))));
        Assert.Equal(seed, Convert.ToHexStringLower(signer.ExportSeed()));
        Assert.True(_verifier.Verify(signer.PublicKey, Convert.FromHexString(message), Convert.FromHexString(signature)));
    }

    [Fact]
    public void Any_flipped_bit_of_message_or_signature_is_refused()
    {
        using var signer = Ed25519Signer.FromSeed(Golden.Bytes(32, 9));
        var message = Golden.Bytes(40, 3);
        var signature = signer.Sign(message);
        Gen.Int[0, 8 * (40 + 64) - 1].Sample(bit =>
        {
            byte[] m = [.. message], s = [.. signature];
            (bit < 320 ? m : s)[(bit < 320 ? bit : bit - 320) / 8] ^= (byte)(1 << bit % 8);
            return !_verifier.Verify(signer.PublicKey, m, s);
        }, iter: 500);
    }

    /// <summary>RFC 8032 §5.1.7 wants S below the group order: S + L is the classic second signature of the same message.</summary>
    [Fact]
    public void A_signature_with_S_beyond_the_group_order_is_refused()
    {
        using var signer = Ed25519Signer.FromSeed(Golden.Bytes(32, 9));
        var signature = signer.Sign([1]);
        var order = System.Numerics.BigInteger.Pow(2, 252) + System.Numerics.BigInteger.Parse(
            "27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);
        var s = new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true) + order;
        byte[] other = [.. signature.AsSpan(..32), .. s.ToByteArray(isUnsigned: true).Concat(new byte[32]).Take(32)];
        Assert.True(_verifier.Verify(signer.PublicKey, [1], signature));
        Assert.False(_verifier.Verify(signer.PublicKey, [1], other));
    }

    [Fact]
    public void A_key_of_small_order_a_foreign_scheme_and_a_short_signature_verify_nothing()
    {
        using var signer = Ed25519Signer.FromSeed(Golden.Bytes(32, 9));
        var identity = new byte[32];
        identity[0] = 1;
        Assert.False(_verifier.Verify(new MemberPublicKey(new Digest(identity)), [1], [.. identity, .. new byte[32]]));
        Assert.False(_verifier.Verify(signer.PublicKey with { Scheme = 2 }, [1], signer.Sign([1])));
        Assert.False(_verifier.Verify(signer.PublicKey, [1], signer.Sign([1]).AsSpan(..63)));
    }
}
