using System.Diagnostics;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Host.Site;

/// <summary>The spans of one learner: of the round under way, and of the offer that is judged in it.</summary>
internal sealed class LearnerTrace(string chain)
{
    private Activity? _round, _judgement;

    /// <summary>Of the round under way; the default for none.</summary>
    public ActivityContext Round => Traces.ContextOf(_round);

    public void RoundBegan(long round)
    {
        RoundEnded("superseded");
        _round = Traces.Begin(Spans.LearningRound)?.SetTag(TraceKeys.Chain, chain).SetTag(TraceKeys.Round, round);
    }

    public void RoundEnded(string result)
    {
        Traces.End(_round, result);
        _round = null;
    }

    /// <param name="source">Name of the other chain, as this one's genesis or its members have it.</param>
    public void JudgementBegan(string source) =>
        _judgement = Traces.Begin(Spans.Judgement, Round)?.SetTag(TraceKeys.Chain, chain).SetTag(TraceKeys.Source, source);

    public void JudgementEnded(string result)
    {
        Traces.End(_judgement, result);
        _judgement = null;
    }

    /// <summary>The learner stops.</summary>
    public void Stopped()
    {
        JudgementEnded("failed");
        RoundEnded("missed");
    }
}
