using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// Certified headers of another chain a second, on one thread, from their bytes: decoding, hashing, a quorum's signatures. The floor is the
/// signatures alone.
/// </summary>
internal static class HeaderVerification
{
    // Slices of some milliseconds, shorter than a scheduler's: other load disturbs many of them, but not the fastest tenth.
    private const int SliceLength = 10;
    private const double Undisturbed = 0.9;

    public static Figure Measure(int members, LedgerWorkload workload)
    {
        Ed25519Signer[] signers = [.. Enumerable.Range(0, members).Select(_ => Ed25519Signer.Create())];
        var set = new MemberSet([.. signers.Select((s, i) => new Member($"member-{i}", s.PublicKey))]);
        var client = LightClient.Start(new TrustedChain(Digest.Of("source"u8), "source", set, 0, long.MaxValue), 0);
        byte[][] headers = [.. Enumerable.Range(1, workload.Headers).Select(height => Certified(client, signers, height))];
        foreach (var signer in signers)
            signer.Dispose();

        var verifier = new Ed25519Verifier();
        List<double> rates = [], floors = [];
        foreach (byte[][] slice in headers.Chunk(SliceLength))
        {
            rates.Add(slice.Length * 1000 / Timing.Of(() => VerifyAll(client, slice, verifier)));
            floors.Add(SignatureFloor.PerSecond(1, slice.Length * set.Quorum) / set.Quorum);
        }

        return new Figure(
            $"headerVerification{members}", "1/s", Timing.Percentile(rates, Undisturbed), Timing.Percentile(floors, Undisturbed),
            new Bar(BarKind.RatioAtLeast, 0.8),
            new Dictionary<string, double> { ["members"] = members, ["signatures"] = set.Quorum, ["headerBytes"] = headers[0].Length });
    }

    private static void VerifyAll(LightClient client, byte[][] headers, ISignatureVerifier verifier)
    {
        foreach (byte[] bytes in headers)
        {
            string? fault = Canonical.TryDecode<CertifiedHeader>(bytes, out var header, out var error) ? client.Verify(header, verifier) : error;
            if (fault is not null)
                throw new InvalidOperationException(fault);
        }
    }

    private static byte[] Certified(LightClient client, Ed25519Signer[] signers, long height)
    {
        var (chain, members, root) = (client.Chain.ChainId, client.Members, Digest.Of(BitConverter.GetBytes(height)));
        var header = new BlockHeader(
            ProtocolVersion.Newest, chain, 0, height, 1_700_000_000_000 + height, root, root, root, root, root, members.Hash, members.Hash, root,
            (int)(height % members.Count));
        byte[] statement = SignedStatement.Bytes(StatementType.Precommit, chain, 0, height, 0, header.Id);
        return Canonical.Encode(new CertifiedHeader(header, new QuorumCertificate(
            StatementType.Precommit, 0, height, 0, header.Id, (1UL << members.Quorum) - 1,
            [.. signers.Take(members.Quorum).Select(s => s.Sign(statement))])));
    }
}
