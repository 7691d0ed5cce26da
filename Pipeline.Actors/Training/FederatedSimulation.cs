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
        Branch = other.Branch;
        Payloads = other.Payloads;
        Adversary = other.Adversary;
        Refused = other.Refused;
    }

    public FixedPointModel Model { get; private set; }

    /// <summary>Rounds done.</summary>
    public long Round { get; private set; }

    /// <summary>What the next round goes on with.</summary>
    public RoundBranch Branch { get; private set; }

    /// <summary>Payload bytes of the last round, by site.</summary>
    public IReadOnlyList<int> PayloadBytes => [.. _states.Select(s => s.Payload.Length)];

    /// <summary>What every member saw of the last round, by site.</summary>
    public IReadOnlyList<byte[]> Payloads { get; private set; } = [];

    /// <summary>Replaces what sites send: called each round, while <see cref="Model"/> is still the round's base, with what they made. Null for honest sites.</summary>
    public Func<FederatedSimulation, IReadOnlyList<byte[]>, IReadOnlyList<byte[]>>? Adversary { get; init; }

    /// <summary>Updates that did not pass the checks so far.</summary>
    public int Refused { get; private set; }

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
        Parallel.For(0, _sites.Count, new ParallelOptions { MaxDegreeOfParallelism = _parallelism }, i =>
        {
            var (state, _, error) = SiteRound.Run(
                _trainers[i], _states[i], Model, digest, _policy, round, seed, $"site-{i}", _sites[i], Privacy(seed, i), branch: Branch);
            _states[i] = state ?? throw new InvalidOperationException($"site {i}, round {round}: {error}");
        });
        Payloads = [.. _states.Select(s => s.Payload)];
        if (Adversary is not null)
            Payloads = Adversary(this, Payloads);
        Model = Aggregate(Model, round, Payloads, auxiliary, out int refused);
        if (refused > 0 && Adversary is null)
            throw new InvalidOperationException($"round {round}: {refused} sites' own updates do not pass the checks");
        Refused += refused;
        Round = round;
    }

    /// <summary>Tries a backbone for the policy's number of rounds in both branches; the one that the vote takes goes on here.</summary>
    /// <param name="vote">Given the model of the branch without the backbone and of that with it: whether the latter goes on.</param>
    /// <param name="stepped">Told after each round of either branch.</param>
    /// <exception cref="InvalidOperationException">A site's training diverged, or the policy knows no trials.</exception>
    public (FixedPointModel Own, FixedPointModel Offered, bool Accepted) Trial(
        BackbonePayload offer, Func<FixedPointModel, FixedPointModel, bool> vote, Action<FederatedSimulation>? stepped = null)
    {
        var offered = TryOffered(offer, stepped);
        var own = TryOwn(stepped);
        bool accepted = vote(own.Model, offered.Model);
        var winner = accepted ? offered : own;
        winner._states.CopyTo(_states, 0);
        (Model, Round, Branch, Payloads, Refused) = (winner.Model, winner.Round, winner.Branch, winner.Payloads, own.Refused + offered.Refused - Refused);
        return (own.Model, offered.Model, accepted);
    }

    /// <summary>The course on which a trial that begins in the next round takes the backbone: every other round from the trial's first, and then as the only branch.</summary>
    /// <param name="stepped">Told after each round.</param>
    /// <exception cref="InvalidOperationException">A site's training diverged, or the policy knows no trials.</exception>
    public FederatedSimulation TryOffered(BackbonePayload offer, Action<FederatedSimulation>? stepped = null) =>
        Try(new RoundBranch(Round + 1, TrialSide.Offered), Round, offer, stepped);

    /// <summary>The course on which such a trial does not take it: every other round from the trial's second. It is the same whatever is offered.</summary>
    /// <inheritdoc cref="TryOffered"/>
    public FederatedSimulation TryOwn(Action<FederatedSimulation>? stepped = null) => Try(Branch with { Side = TrialSide.Own }, Round + 1, null, stepped);

    /// <param name="before">The round before the branch's first.</param>
    private FederatedSimulation Try(RoundBranch branch, long before, BackbonePayload? offer, Action<FederatedSimulation>? stepped)
    {
        var trial = _policy.Trial ?? throw new InvalidOperationException("the policy knows no trials");
        var fork = Fork();
        fork.Branch = branch;
        for (int i = 0; i < trial.Rounds; i++)
        {
            fork.Round = before + 2 * i;
            fork.Step(i == 0 ? offer : null);
            stepped?.Invoke(fork);
        }

        fork.Round = Round + trial.TotalRounds;
        fork.Branch = branch with { Side = TrialSide.None };
        return fork;
    }

    /// <summary>What a replica makes of a round's payloads; the same bytes give the same model everywhere.</summary>
    /// <param name="model">The round's base.</param>
    /// <param name="refused">Payloads that do not decode, or answer another round or model.</param>
    public FixedPointModel Aggregate(FixedPointModel model, long round, IReadOnlyList<byte[]> payloads, BackbonePayload? auxiliary, out int refused)
    {
        var updates = new List<DecodedUpdate>(payloads.Count);
        foreach (byte[] payload in payloads)
        {
            if (UpdateChecks.TryDecode(model.Layout, _policy, payload, out var decoded, out _) && RoundAggregation.CheckBase(decoded, round, model.Digest) is null)
                updates.Add(decoded);
        }

        refused = payloads.Count - updates.Count;
        return IntegerAggregator.Step(model, _policy, RobustRule.Of(_policy), updates, auxiliary, _policy.BlendQ16);
    }

    private PrivateRound? Privacy(Digest seed, int site) => _policy.Privacy is null
        ? null
        : new PrivateRound(PrivacyTerms.Of(_policy, PrivacyLimits.None), new SeededNoise(SeededRandom.Derive(seed, $"noise/site-{site}")));
}
