namespace Pipeline.Actors.Training.Sharing;

/// <summary>
/// How a site's training nodes share the steps of its rounds: who helps in which round, and whether that pays. Used by one training actor at a
/// time, on its thread.
/// </summary>
/// <param name="always">Also where it does not pay.</param>
/// <param name="patience">A node that takes longer for its part of a step is left out for the rest of the round.</param>
public sealed class StepSharing(IGradientHelpers helpers, bool always, TimeSpan patience, TimeProvider clock)
{
    private readonly HelperRests _rests = new();

    public SharingPace Pace { get; } = new();

    /// <param name="batch">Images of a step.</param>
    /// <param name="left">Hears of each node that is left out, and why.</param>
    public SharedRound Begin(int batch, Action<string, string> left, CancellationToken stop)
    {
        IGradientHelper[] ready = [.. helpers.Ready.Where(helper => !_rests.IsResting(helper.Node))];
        var parts = BatchSplit.Of(batch, 1 + ready.Length);
        ready = ready[..(parts.Length - 1)];
        bool share = ready.Length > 0 && (always || Pace.IsWorth(batch, parts.Max(part => part.Count), ready.Select(helper => helper.Node)));
        return new SharedRound(share ? ready : [], patience, clock, left, stop);
    }

    /// <summary>Learns from a round that is over.</summary>
    public void End(SharedRound round)
    {
        Pace.Take(round.Times);
        _rests.Take(round.Failed, round.Helped);
    }
}
