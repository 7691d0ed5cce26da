using Pipeline.Actors.Privacy;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>A chain's training without the ledger: the same trainer, update codec and integer aggregation. Used for reference runs.</summary>
public sealed class FederatedSimulation
{
    private readonly SiteTrainer[] _trainers;
    private readonly SiteState[] _states;
    private readonly IReadOnlyList<ImageSet> _sites;
    private readonly RoundPolicy _policy;
    private readonly int _parallelism;
    private readonly Digest _seed;

    /// <param name="sites">Training images of each site.</param>
    /// <param name="parallelism">Sites that train at once.</param>
    public FederatedSimulation(
        IArchitecture architecture, TaskDescriptor task, TrainerSettings settings, RoundPolicy policy, FixedPointModel start,
        IReadOnlyList<ImageSet> sites, Digest seed, int parallelism)
    {
        _sites = sites;
        _policy = policy;
        _seed = seed;
        _parallelism = parallelism;
        _trainers = [.. sites.Select(_ => new SiteTrainer(architecture, task, settings))];
        _states = [.. sites.Select(_ => SiteState.Fresh(start.Layout.Length))];
        Model = start;
    }

    private FederatedSimulation(FederatedSimulation other)
    {
        _sites = other._sites;
        _policy = other._policy;
        _seed = other._seed;
        _parallelism = other._parallelism;
        // A trainer holds nothing between rounds: each round restores its site's state.
        _trainers = other._trainers;
        _states = [.. other._states];
        Model = other.Model;
        Round = other.Round;
    }

    public FixedPointModel Model { get; private set; }

    /// <summary>Rounds done.</summary>
    public long Round { get; private set; }

    /// <summary>Payload bytes of the last round, by site.</summary>
    public IReadOnlyList<int> PayloadBytes => [.. _states.Select(s => s.Payload.Length)];

    /// <summary>Another course from here on; the two are not to be stepped at once.</summary>
    public FederatedSimulation Fork() => new(this);

    /// <summary>One round over all sites.</summary>
    /// <param name="auxiliary">A backbone to blend in after the aggregate, or null.</param>
    /// <exception cref="InvalidOperationException">A site's training diverged.</exception>
    public void Step(BackbonePayload? auxiliary = null)
    {
        long round = Round + 1;
        var digest = Model.Digest;
        var seed = Digest.Of([.. _seed.ToArray(), .. BitConverter.GetBytes(round)]);
        var updates = new DecodedUpdate[_sites.Count];
        Parallel.For(0, _sites.Count, new ParallelOptions { MaxDegreeOfParallelism = _parallelism }, i =>
        {
            var (state, _, error) = SiteRound.Run(
                _trainers[i], _states[i], Model, digest, _policy, round, seed, $"site-{i}", _sites[i], Privacy(seed, i));
            if (state is null)
                throw new InvalidOperationException($"site {i}, round {round}: {error}");
            _states[i] = state;
            if (!UpdateChecks.TryDecode(Model.Layout, _policy, state.Payload, out var decoded, out string? fault))
                throw new InvalidOperationException($"site {i}, round {round}: {fault}");
            updates[i] = decoded;
        });
        Model = IntegerAggregator.Step(Model, _policy, RobustRule.Of(_policy), updates, auxiliary, _policy.BlendQ16);
        Round = round;
    }

    private PrivateRound? Privacy(Digest seed, int site) => _policy.Privacy is null
        ? null
        : new PrivateRound(PrivacyTerms.Of(_policy, PrivacyLimits.None), new SeededNoise(SeededRandom.Derive(seed, $"noise/site-{site}")));
}
