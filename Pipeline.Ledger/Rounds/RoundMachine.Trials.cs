using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>Trials of offered backbones, where the policy has them. docs/decisions/0070 says why.</summary>
public sealed partial class RoundMachine
{
    private readonly TrialMachine _trials = new();

    /// <summary>The branch of the newest round; one of a trial that was ended is of the branch that went on.</summary>
    public RoundBranch Branch => _trials.BranchOf(_round);

    public string? Check(string sender, TrialVote vote)
    {
        if (_members.IndexOf(sender) < 0)
            return $"'{sender}' is not a member";
        if (_phase != RoundPhase.Judging || _trials.Now!.Began != vote.Began)
            return $"no trial that began in round {vote.Began} is being judged (round {_round} is {_phase.ToString().ToLowerInvariant()})";
        return _trials.CheckVote(sender);
    }

    /// <summary>
    /// Whoever is excluded or has withdrawn votes too, as on what is offered: it says what a model is worth to its patients, and n−f may need it. A pause does
    /// not keep members from voting; no deadline passes in it.
    /// </summary>
    /// <inheritdoc cref="Apply(string, Contribution)"/>
    public string? Apply(string sender, TrialVote vote)
    {
        if (Check(sender, vote) is { } refusal)
            return refusal;
        _trials.Vote(new TrialGain(sender, vote.Gain));
        return null;
    }

    /// <summary>As a round opens: takes the first of what waits that there is room for, and says what there is none for any more.</summary>
    private void BeginTrial(TrialPolicy terms, ICollection<IChainEvent> events)
    {
        while (_trials.Now is null && !_trials.JustAccepted(terms, _round) && _blends.TryDequeue(out var waiting))
        {
            if (_trials.CheckBegin(terms, _policy.Rounds, _round, _lastRound) is { } refusal)
            {
                events.Add(new TrialRefused(waiting, refusal));
                continue;
            }

            _trials.Begin(_round, waiting, _base);
            events.Add(new TrialBegan(_round, waiting));
        }

        _trials.Count();
    }

    /// <summary>What the closing round blends in: the first of a trial its backbone; on a chain without trials each round what waits.</summary>
    private AuxiliaryBlend? TakeBlend() => _policy.Trial is not null ? _trials.Now is { } trial && trial.Began == _round ? trial.Auxiliary : null
        : _blends.TryDequeue(out var blend) ? blend : null;

    private void LetJudge(long height, ICollection<IChainEvent> events)
    {
        var trial = _trials.Now!;
        _phase = RoundPhase.Judging;
        _base = trial.Own;
        _deadline = height + _policy.DeadlineBlocks;
        events.Add(new TrialReady(trial.Began, trial.Own, trial.Offered, _deadline));
    }

    private void Judge(long height, Digest blockId, ICollection<IChainEvent> events)
    {
        if (_trials.Verdict(_members, _policy.Trial!, due: !_paused && height >= _deadline) is not var (accepted, reason))
            return;
        EndTrial(accepted, _trials.Now!.ModelOf(accepted ? TrialSide.Offered : TrialSide.Own), reason, events);
        GoOn(height, blockId, events);
    }

    /// <summary>The finals are those of the branch that goes on: training descends from no other.</summary>
    private void EndTrial(bool accepted, Digest model, string reason, ICollection<IChainEvent> events)
    {
        var trial = _trials.End(accepted);
        if (accepted)
        {
            _finals.RemoveAll(f => f.Round >= trial.Began);
            foreach (var final in trial.Finals)
                Remember(final);
        }

        _base = model;
        events.Add(new TrialEnded(trial.Began, accepted, model, reason));
    }
}
