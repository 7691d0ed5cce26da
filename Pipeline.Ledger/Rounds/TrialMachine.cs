using System.Globalization;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>The trials of a chain, one at a time: which branch a round is of, what rounds they have cost, what members say. Pure and deterministic.</summary>
internal sealed class TrialMachine
{
    private static readonly TrialSnapshot None = new(0, 0, null);

    private TrialSnapshot _state = None;

    /// <summary>The trial under way, or null.</summary>
    public Trial? Now
    {
        get => _state.Now;
        private set => _state = _state with { Now = value };
    }

    /// <summary>Null while the chain never had a trial.</summary>
    public TrialSnapshot? Snapshot => _state.Taken == 0 ? null : _state;

    public RoundBranch BranchOf(long round) => _state.BranchOf(round);

    /// <summary>Null when a trial that begins in this round has room; otherwise why it never will.</summary>
    /// <param name="rounds">Of the policy.</param>
    /// <param name="lastRound">After which training is complete.</param>
    public string? CheckBegin(TrialPolicy terms, int rounds, long round, long lastRound)
    {
        if (_state.Taken + terms.TotalRounds > terms.Budget(rounds))
            return $"a trial takes {terms.TotalRounds} rounds; trials have had {_state.Taken} of the {terms.Budget(rounds)} that they may take";
        long left = lastRound - round + 1;
        return terms.TotalRounds > left ? $"a trial takes {terms.TotalRounds} rounds, and {left} are left" : null;
    }

    /// <summary>
    /// Whether the trial before this round was accepted. The next begins a round later, so that sites can tell by a round and its branch which round ended in its base.
    /// </summary>
    public bool JustAccepted(TrialPolicy terms, long round) => _state.Branch > 0 && round == _state.Branch + terms.TotalRounds;

    /// <param name="model">What both branches start from.</param>
    public void Begin(long round, AuxiliaryBlend auxiliary, Digest model) => Now = new Trial(round, auxiliary, model, model, [], []);

    /// <summary>A round opens.</summary>
    public void Count()
    {
        if (Now is not null)
            _state = _state with { Taken = _state.Taken + 1 };
    }

    /// <summary>A round is final; true when both branches have had theirs.</summary>
    public bool Take(FinalRound final, TrialPolicy? terms)
    {
        Now = Now?.With(final);
        return Now is { } trial && terms is not null && final.Round - trial.Began + 1 >= terms.TotalRounds;
    }

    /// <summary>Null when the member has not voted yet.</summary>
    public string? CheckVote(string sender) =>
        Now!.Votes.All(vote => vote.Member != sender) ? null : $"'{sender}' has already voted on the trial that began in round {Now.Began}";

    public void Vote(TrialGain vote) => Now = Now!.With(vote);

    /// <summary>Which branch goes on: once n−f have voted and whoever has not can change nothing, or by the deadline; null before.</summary>
    /// <param name="due">The deadline has come: n−f votes decide, and fewer leave the own branch.</param>
    public (bool Accepted, string Reason)? Verdict(MemberSet members, TrialPolicy terms, bool due)
    {
        int[] gains = [.. Now!.Votes.Select(vote => vote.Gain)];
        if (gains.Length < members.Quorum)
            return due ? (false, $"{gains.Length} of {members.Count} members had voted by the deadline, {members.Quorum} were needed") : null;
        var missing = Enumerable.Repeat(TrialVote.MaxGain, members.Count - gains.Length).ToArray();
        if (!due && Enough(gains.Concat(missing.Select(gain => -gain))) != Enough(gains.Concat(missing)))
            return null;
        return (Enough(gains), string.Create(
            CultureInfo.InvariantCulture,
            $"it gains {TrialPolicy.MiddlePpm(gains, members.MaxFaulty) / 10_000m:0.#} points of AUC in the middle of {gains.Length} votes, and {terms.MinGainPpm / 10_000m:0.#} are needed"));

        bool Enough(IEnumerable<int> votes) => terms.Accepts(votes, members.MaxFaulty);
    }

    /// <summary>The trial is over; returns it.</summary>
    public Trial End(bool accepted)
    {
        var trial = Now!;
        _state = _state with { Branch = accepted ? trial.Began : _state.Branch, Now = null };
        return trial;
    }

    /// <summary>An epoch begins: who has left has no vote.</summary>
    public void Seat(MemberSet to)
    {
        if (Now is { } trial)
            Now = trial with { Votes = [.. trial.Votes.Where(vote => to.IndexOf(vote.Member) >= 0)] };
    }

    public TrialInfo? Info(TrialPolicy? terms, long round, RoundPhase phase)
    {
        if (Now is not { } trial || terms is null)
            return null;
        int final = (int)(round - trial.Began) + (phase == RoundPhase.Judging ? 1 : 0);
        return new TrialInfo(
            trial.Began, trial.Auxiliary, terms.Rounds, final / 2, (final + 1) / 2, trial.Own, trial.Offered, trial.Votes, terms.MinGainPpm);
    }

    /// <summary>Takes the state over.</summary>
    /// <exception cref="CanonicalFormatException">It contradicts itself or the rounds that it is of.</exception>
    public void Restore(RoundSnapshot rounds, TrialPolicy? terms, MemberSet members)
    {
        if (Contradiction(rounds, terms, members) is { } contradiction)
            throw new CanonicalFormatException(contradiction);
        _state = rounds.Trials ?? None;
    }

    private static string? Contradiction(RoundSnapshot rounds, TrialPolicy? terms, MemberSet members)
    {
        if (rounds.Trials is not { } trials)
            return rounds.Phase == RoundPhase.Judging ? "members judge a trial that is not there" : null;
        if (terms is null)
            return "trials on a chain whose policy has none";
        if (trials.Branch > rounds.Round || trials.Taken > rounds.Round)
            return $"branch {trials.Branch} and {trials.Taken} rounds of trials in round {rounds.Round}";
        if (trials.Now is not { } trial)
            return rounds.Phase == RoundPhase.Judging ? "members judge a trial that is not there" : null;
        long had = rounds.Round - trial.Began + 1;
        if (had < 1 || had > terms.TotalRounds || trials.Taken < had || trials.Branch >= trial.Began)
            return $"a trial that began in round {trial.Began} of branch {trials.Branch}, in round {rounds.Round}, of {trials.Taken} rounds that trials have had";
        if (rounds.Phase is RoundPhase.Waiting or RoundPhase.Completed || (rounds.Phase == RoundPhase.Judging && had < terms.TotalRounds))
            return $"a trial that began in round {trial.Began}, and round {rounds.Round} is {rounds.Phase}";
        if (rounds.Phase != RoundPhase.Judging && trial.Votes.Count > 0)
            return "votes on a trial before both branches have had their rounds";
        if (trial.Votes.Any(v => members.IndexOf(v.Member) < 0) || trial.Votes.Zip(trial.Votes.Skip(1), (a, b) => string.CompareOrdinal(a.Member, b.Member)).Any(order => order >= 0))
            return "votes on a trial of members that are none, or that voted twice";
        if (rounds.Base != trial.ModelOf(rounds.Phase == RoundPhase.Judging ? TrialSide.Own : trial.SideOf(rounds.Round)))
            return $"round {rounds.Round} of a trial starts from a model that its branch does not stand at";
        return trial.Finals.Any(f => f.Round < trial.Began || f.Round > rounds.Round || trial.SideOf(f.Round) != TrialSide.Offered) ||
            (trial.Finals.Count > 0 && trial.Finals[^1].Model != trial.Offered)
            ? "final rounds of an offered branch that are not its own"
            : null;
    }
}
