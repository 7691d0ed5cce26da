using Pipeline.Host.Site;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Monitoring;

/// <summary>What a site's learners reported of their chains: the newest rounds and sums since the start. Bounded; safe for several threads.</summary>
internal sealed class RoundHistory
{
    /// <summary>Rounds kept of each chain.</summary>
    public const int Kept = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _chains = new(StringComparer.Ordinal);

    public void On(LearnerProtocol.IProgress progress)
    {
        lock (_gate)
        {
            if (!_chains.TryGetValue(progress.Chain, out var entry))
                _chains[progress.Chain] = entry = new Entry();
            entry.Take(progress);
        }
    }

    public (LearnerTotals Totals, IReadOnlyList<RoundPoint> Rounds) Of(string chain)
    {
        lock (_gate)
            return _chains.TryGetValue(chain, out var entry) ? (entry.Totals, [.. entry.Rounds.Values]) : (new LearnerTotals(0, 0, 0, 0, 0), []);
    }

    private sealed class Entry
    {
        public LearnerTotals Totals { get; private set; } = new(0, 0, 0, 0, 0);

        public SortedDictionary<long, RoundPoint> Rounds { get; } = [];

        public void Take(LearnerProtocol.IProgress progress)
        {
            switch (progress)
            {
                case LearnerProtocol.RoundStarted started:
                    At(started.Round, point => point);
                    Totals = Totals with { Activity = "training", Trial = InRound(started) };
                    break;
                case LearnerProtocol.UpdateSubmitted submitted:
                    At(submitted.Round, point => Trained(point, submitted));
                    Totals = Totals with { Updates = Totals.Updates + 1, Activity = "update sent" };
                    break;
                case LearnerProtocol.Waiting waiting:
                    Totals = Totals with { Skipped = Totals.Skipped + 1, Activity = "waiting: " + waiting.Reason };
                    break;
                case LearnerProtocol.OfferJudged { Decision.Accept: true }:
                    Totals = Totals with { OffersAccepted = Totals.OffersAccepted + 1 };
                    break;
                case LearnerProtocol.OfferJudged:
                    Totals = Totals with { OffersRefused = Totals.OffersRefused + 1 };
                    break;
                case LearnerProtocol.CollaborationCompleted:
                    Totals = Totals with { Activity = "personalizing" };
                    break;
                case LearnerProtocol.PersonalModelReady ready:
                    Totals = Totals with { Activity = "personal model: " + ready.Result.Chosen };
                    break;
                case LearnerProtocol.Trouble trouble:
                    Totals = Totals with { Troubles = Totals.Troubles + 1, LastTrouble = trouble.What };
                    break;
                case LearnerProtocol.ChainEventSeen { Event: TrialBegan began }:
                    Totals = Totals with { Trial = new TrialState(began.Round, "offered") };
                    break;
                case LearnerProtocol.ChainEventSeen { Event: TrialReady ready }:
                    Totals = Totals with { Trial = new TrialState(ready.Began, "voting") };
                    break;
                case LearnerProtocol.ChainEventSeen { Event: TrialEnded ended } seen:
                    int counted = seen.Replayed ? 0 : 1;
                    Totals = Totals with
                    {
                        Trial = new TrialState(ended.Began, ended.Accepted ? "accepted" : "refused", ended.Reason),
                        TrialsAccepted = Totals.TrialsAccepted + (ended.Accepted ? counted : 0),
                        TrialsRefused = Totals.TrialsRefused + (ended.Accepted ? 0 : counted),
                    };
                    break;
                case LearnerProtocol.ChainEventSeen { Event: RoundClosed closed }:
                    At(closed.Round, point => point with { Contributions = closed.Contributions.Count });
                    break;
            }
        }

        private TrialState? InRound(LearnerProtocol.RoundStarted started) => started.Branch.Side switch
        {
            TrialSide.Offered => new TrialState(started.Branch.Id, "offered"),
            // The branch without the backbone does not say which trial it is in; it had no round before the other one.
            TrialSide.Own => new TrialState(Totals.Trial is { IsOn: true } trial ? trial.Began : started.Round - 1, "own"),
            // How the last one ended stays; what was not seen to end has ended.
            _ => Totals.Trial is { IsOn: true } ? null : Totals.Trial,
        };

        /// <summary>An answer that was read back from disk does not say how it came about.</summary>
        private static RoundPoint Trained(RoundPoint point, LearnerProtocol.UpdateSubmitted submitted) => double.IsFinite(submitted.Loss)
            ? point with { Loss = submitted.Loss, Trainers = submitted.Trainers, UpdateBytes = submitted.PayloadBytes }
            : point with { UpdateBytes = submitted.PayloadBytes };

        private void At(long round, Func<RoundPoint, RoundPoint> change)
        {
            Rounds[round] = change(Rounds.GetValueOrDefault(round) ?? new RoundPoint(round, null, null, 0));
            while (Rounds.Count > Kept)
                Rounds.Remove(Rounds.Keys.First());
        }
    }
}
