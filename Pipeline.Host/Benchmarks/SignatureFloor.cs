using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Benchmarks;

/// <summary>Ed25519 verifications of statements of the size that members sign, and nothing else.</summary>
internal static class SignatureFloor
{
    /// <summary>Verifications a second on as many threads together.</summary>
    public static double PerSecond(int threads, int verificationsPerThread)
    {
        using var signer = Ed25519Signer.Create();
        var verifier = new Ed25519Verifier();
        var key = signer.PublicKey;
        byte[] message = SignedStatement.Bytes(StatementType.Precommit, Digest.Zero, 0, 1, 0, Digest.Zero), signature = signer.Sign(message);
        // Imports the key, which stays imported.
        verifier.Verify(key, message, signature);
        double milliseconds = Timing.Of(() => Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            for (int i = 0; i < verificationsPerThread; i++)
            {
                if (!verifier.Verify(key, message, signature))
                    throw new InvalidOperationException("a good signature does not verify");
            }
        }));
        return threads * verificationsPerThread * 1000.0 / milliseconds;
    }
}
