using Pipeline.Ledger.Application;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Sync;

/// <summary>
/// Computes what a chain's model would be without one member's contributions, from the payloads that are still at hand. Rounds whose payloads are
/// gone cannot be computed again: what the member gave to them stays in the model.
/// </summary>
public sealed class ModelRerun
{
    private ModelRerun(FixedPointModel? model, IReadOnlyList<Round> rounds, string? fault)
    {
        Model = model;
        Rounds = rounds;
        Fault = fault;
    }

    /// <param name="Base">The model that it started from in truth.</param>
    /// <param name="Kept">Contributions of others.</param>
    /// <param name="Removed">The member contributed, and its contribution was left out or (where the round was not computed again) was not.</param>
    /// <param name="Recomputed">False where payloads or the base are gone.</param>
    /// <param name="Why">What was missing; null where it was computed again.</param>
    public sealed record Round(long Number, Digest Base, Digest Model, int Kept, bool Removed, bool Recomputed, string? Why);

    /// <summary>Null when nothing could be computed again.</summary>
    public FixedPointModel? Model { get; }

    /// <summary>Final rounds that the model descends from, oldest first.</summary>
    public IReadOnlyList<Round> Rounds { get; }

    /// <summary>Why there is no model; null where there is one.</summary>
    public string? Fault { get; }

    /// <summary>Rounds that hold the member's contribution still.</summary>
    public IEnumerable<Round> Beyond => Rounds.Where(r => r.Removed && !r.Recomputed);

    /// <param name="ledger">A verified journal of a learning chain.</param>
    /// <param name="store">The site's payloads of it.</param>
    /// <param name="without">The member.</param>
    public static ModelRerun Run(LedgerReader ledger, IPayloadStore store, string without)
    {
        if (!Canonical.TryDecode<LearningGenesis>(ledger.Genesis.Application, out var genesis, out string? error))
            return new ModelRerun(null, [], $"chain '{ledger.Genesis.Name}' is no learning chain: {error}");
        var line = Lineage(ledger, out bool isKnown, without);
        if (ledger.FirstBad is { } bad)
            return new ModelRerun(null, [], $"the journal is damaged at record {bad.Record} (height {bad.Height}): {bad.What}");
        if (!isKnown)
            return new ModelRerun(null, [], $"'{without}' never was a member of chain '{ledger.Genesis.Name}'");
        if (line.Count == 0)
            return new ModelRerun(null, [], "no round is final yet");
        var missing = line.Select(round => Missing(round.Closed, store, without)).ToArray();
        // The longest run of whole rounds that ends at the newest, from the first base that is at hand.
        int first = Array.FindLastIndex(missing, m => m is not null) + 1;
        string? why = first > 0 ? missing[first - 1] : null;
        FixedPointModel? model = null;
        for (; first < line.Count && model is null; first++)
        {
            model = Load(store, genesis, line[first].Closed.Base);
            if (model is not null)
                break;
            why = $"model {line[first].Closed.Base.Short}, which round {line[first].Closed.Round} started from, is not at this site";
        }

        var rounds = new List<Round>();
        for (int i = 0; i < line.Count; i++)
        {
            var (closed, final) = line[i];
            bool removed = closed.Contributions.Any(c => c.Member == without), recomputed = model is not null && i >= first;
            if (recomputed)
                model = RoundAggregation.Rerun(model!, genesis.Policy, RobustRule.Of(genesis.Policy), closed, without, PayloadsOf(closed, store, without)).Model;
            rounds.Add(new Round(
                closed.Round, closed.Base, final, closed.Contributions.Count(c => c.Member != without), removed, recomputed,
                recomputed ? null : missing[i] ?? why));
        }

        return new ModelRerun(model, rounds, model is null ? $"nothing can be computed again: {why}" : null);
    }

    /// <summary>Closed rounds with the models that they ended in, as far as the newest model descends from them, oldest first.</summary>
    private static List<(RoundClosed Closed, Digest Model)> Lineage(LedgerReader ledger, out bool isKnown, string member)
    {
        var closed = new Dictionary<long, RoundClosed>();
        var line = new List<(RoundClosed Closed, Digest Model)>();
        var sides = new Dictionary<long, TrialSide>();
        isKnown = ledger.Genesis.Members.IndexOf(member) >= 0;
        foreach (var block in ledger.Blocks())
        {
            isKnown |= block.Members.IndexOf(member) >= 0;
            foreach (var happened in block.Outcome?.Events ?? [])
            {
                switch (happened)
                {
                    case RoundOpened opened:
                        sides[opened.Round] = opened.Branch.Side;
                        break;
                    case RoundClosed round:
                        closed[round.Round] = round;
                        break;
                    case RoundFinalized final:
                        line.Add((closed[final.Round], final.Model));
                        break;
                    case TrainingRestarted restarted:
                        line.RemoveAll(round => round.Closed.Round > restarted.FromRound);
                        break;
                    case TrialEnded ended:
                        Leave(ended.Accepted ? TrialSide.Own : TrialSide.Offered);
                        sides.Clear();
                        break;
                }
            }
        }

        // What members have not accepted yet, the newest model does not descend from.
        Leave(TrialSide.Offered);
        return line;

        void Leave(TrialSide side) => line.RemoveAll(round => sides.GetValueOrDefault(round.Closed.Round) == side);
    }

    private static string? Missing(RoundClosed closed, IPayloadStore store, string without)
    {
        foreach (var contribution in closed.Contributions.Where(c => c.Member != without))
        {
            if (!store.Contains(contribution.Payload))
                return $"the update of '{contribution.Member}' to round {closed.Round} is not at this site any more";
        }

        return closed.Auxiliary is { } blend && !store.Contains(blend.Payload) ? $"the backbone blended into round {closed.Round} is not at this site any more" : null;
    }

    private static FixedPointModel? Load(IPayloadStore store, LearningGenesis genesis, Digest digest) =>
        store.TryGet(digest, out byte[]? bytes) ? FixedPointModel.TryFromBytes(genesis.Layout, bytes, out _) : null;

    private static Dictionary<Digest, byte[]> PayloadsOf(RoundClosed closed, IPayloadStore store, string without)
    {
        var wanted = closed.Contributions.Where(c => c.Member != without).Select(c => c.Payload).Concat(closed.Auxiliary is { } blend ? [blend.Payload] : []);
        return wanted.Distinct().ToDictionary(
            payload => payload, payload => store.TryGet(payload, out byte[]? bytes) ? bytes : throw new InvalidDataException($"payload {payload} went away meanwhile"));
    }
}
