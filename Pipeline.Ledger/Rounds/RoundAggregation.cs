using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>A contribution that every replica leaves out alike, and why.</summary>
public sealed record ExcludedContribution(string Member, string Reason);

/// <param name="Used">Contributions that went into the model.</param>
public sealed record AggregatedRound(long Round, FixedPointModel Model, BackbonePayload Backbone, int Used, IReadOnlyList<ExcludedContribution> Excluded)
{
    /// <summary>How far each used update stands from the others; empty with fewer than three.</summary>
    public IReadOnlyList<SuspicionScore> Scores { get; init; } = [];
}

/// <summary>From a closed round and its payloads to the next model: the same on every replica, whatever the payloads hold.</summary>
public static class RoundAggregation
{
    /// <param name="model">The round's base.</param>
    /// <param name="payloads">Every contribution's payload, and that of the auxiliary blend, by digest.</param>
    /// <exception cref="ArgumentException">The model is not the round's base, or a payload is missing: the caller's fault.</exception>
    public static AggregatedRound Aggregate(
        FixedPointModel model, RoundPolicy policy, IAggregationRule rule, RoundClosed closed, IReadOnlyDictionary<Digest, byte[]> payloads) =>
        model.Digest == closed.Base
            ? Step(model, policy, rule, closed, payloads)
            : throw new ArgumentException($"round {closed.Round} starts from {closed.Base.Short}, not {model.Digest.Short}", nameof(model));

    /// <summary>
    /// What the round would have made of another base and without one member's contribution. The others' updates are taken as they are, although they
    /// were trained from the base that the round had.
    /// </summary>
    /// <inheritdoc cref="Aggregate"/>
    public static AggregatedRound Rerun(
        FixedPointModel model, RoundPolicy policy, IAggregationRule rule, RoundClosed closed, string without, IReadOnlyDictionary<Digest, byte[]> payloads) =>
        Step(model, policy, rule, closed with { Contributions = [.. closed.Contributions.Where(c => c.Member != without)] }, payloads);

    private static AggregatedRound Step(
        FixedPointModel model, RoundPolicy policy, IAggregationRule rule, RoundClosed closed, IReadOnlyDictionary<Digest, byte[]> payloads)
    {
        var updates = new List<DecodedUpdate>();
        var authors = new List<string>();
        var excluded = new List<ExcludedContribution>();
        var seen = new HashSet<Digest>();
        foreach (var contribution in closed.Contributions)
        {
            string? reason = null;
            DecodedUpdate? update = null;
            // An update has no author of its own: a member that names another's payload must not displace or double it.
            if (!seen.Add(contribution.Payload))
                reason = "its payload is already counted";
            else if (UpdateChecks.TryDecode(model.Layout, policy, Payload(payloads, contribution.Payload), out update, out reason))
                reason = CheckBase(update, closed.Round, closed.Base);
            if (reason is null)
            {
                updates.Add(update!);
                authors.Add(contribution.Member);
            }
            else
            {
                excluded.Add(new ExcludedContribution(contribution.Member, reason));
            }
        }

        BackbonePayload? auxiliary = null;
        if (closed.Auxiliary is { } blend && Canonical.TryDecode(Payload(payloads, blend.Payload), out BackbonePayload? decoded, out _) &&
            decoded.Matches(model.Layout) is null)
            auxiliary = decoded;
        var geometry = new UpdateGeometry(model.Layout, updates);
        var next = IntegerAggregator.Step(model, policy, rule, geometry, auxiliary, closed.Auxiliary?.AlphaQ16 ?? 0);
        return new AggregatedRound(closed.Round, next, BackbonePayload.FromModel(next), updates.Count, excluded)
        {
            Scores = SuspicionScore.Of(geometry, authors),
        };
    }

    /// <summary>Null when the update answers this round and base; otherwise what it answers.</summary>
    public static string? CheckBase(DecodedUpdate update, long round, Digest baseModel)
    {
        if (update.Round != round)
            return $"the update is of round {update.Round}, this is round {round}";
        return update.Base == baseModel ? null : $"the update is relative to {update.Base.Short}, round {round} starts from {baseModel.Short}";
    }

    private static byte[] Payload(IReadOnlyDictionary<Digest, byte[]> payloads, Digest digest) =>
        payloads.TryGetValue(digest, out var bytes) ? bytes : throw new ArgumentException($"payload {digest.Short} is missing", nameof(payloads));
}
