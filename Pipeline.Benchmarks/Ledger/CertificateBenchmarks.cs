using BenchmarkDotNet.Attributes;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Benchmarks.Ledger;

/// <summary>Verification of a quorum certificate against its floor: one Ed25519 verification per signer.</summary>
public class CertificateBenchmarks
{
    private static readonly Digest ChainId = Digest.Of([1]);
    private static readonly Digest BlockId = Digest.Of([2]);

    private readonly Ed25519Verifier _verifier = new();
    private MemberSet _members = null!;
    private QuorumCertificate _certificate = null!;
    private byte[] _message = [];

    [Params(4, 30)]
    public int Members { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Ed25519Signer[] signers = [.. Enumerable.Range(0, Members).Select(_ => Ed25519Signer.Create())];
        _members = new MemberSet([.. signers.Select((s, i) => new Member($"site-{i}", s.PublicKey))]);
        _message = SignedStatement.Bytes(StatementType.Precommit, ChainId, 0, 1, 0, BlockId);
        byte[][] signatures = [.. signers.Take(_members.Quorum).Select(s => s.Sign(_message))];
        _certificate = new QuorumCertificate(StatementType.Precommit, 0, 1, 0, BlockId, (1UL << _members.Quorum) - 1, signatures);
    }

    [Benchmark]
    public string? VerifyCertificate() => _certificate.Verify(ChainId, _members, _verifier);

    [Benchmark(Baseline = true)]
    public bool SignaturesAlone()
    {
        bool all = true;
        for (int i = 0; i < _certificate.Signatures.Count; i++)
            all &= _verifier.Verify(_members[i].Key, _message, _certificate.Signatures[i]);
        return all;
    }
}
