namespace Pipeline.Ledger.Rounds;

/// <summary>
/// How members' updates become one, each coordinate by itself. Deterministic integers, the same result for every order of the updates: replicas
/// attest its digest. Safe from several threads.
/// </summary>
public interface ICoordinateRule
{
    /// <param name="updates">At least one, of distinct indices; those that the rule was prepared for.</param>
    /// <param name="first">The flat index at which <paramref name="delta"/> begins.</param>
    /// <param name="delta">Receives the aggregate of its range, in each tensor's fixed-point scale; overwritten whole.</param>
    void Aggregate(IReadOnlyList<DecodedUpdate> updates, int first, Span<int> delta);
}
