using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// A member takes no part in later rounds. It stays a member: it votes, stores and signs blocks. What its earlier updates taught a model stays in
/// that model; <c>pipeline chain rerun</c> computes what the model would have been.
/// </summary>
/// <param name="Round">The newest round when it was signed: said again later, it means nothing.</param>
/// <param name="Erase">Every member deletes the payloads of its contributions; their digests stay on the chain.</param>
public sealed record Withdrawal(long Round, bool Erase) : ICanonical<Withdrawal>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Round).Bool(Erase).EndArray();

    public static Withdrawal ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var withdrawal = new Withdrawal(reader.Int(0), reader.Bool());
        reader.EndArray();
        return withdrawal;
    }
}
