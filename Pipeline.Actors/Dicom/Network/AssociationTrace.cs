using System.Diagnostics;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>The span of one association. It says which of our AE titles was called, and nothing of who called.</summary>
internal sealed class AssociationTrace
{
    private readonly DateTimeOffset _began = TimeProvider.System.GetUtcNow();
    private Activity? _span;
    private int _stored, _refused;

    public ActivityContext Context => Traces.ContextOf(_span);

    /// <summary>The association stands.</summary>
    public void Admitted(string calledAe, string? chain)
    {
        _span = Traces.Begin(Spans.Association, began: _began)?.SetTag(TraceKeys.CalledAe, calledAe);
        if (chain is not null)
            _span?.SetTag(TraceKeys.Chain, chain);
    }

    /// <summary>An instance was answered.</summary>
    public void Answered(bool stored) => _ = stored ? _stored++ : _refused++;

    /// <summary>It is over.</summary>
    public void Ended(bool released)
    {
        _span?.SetTag(TraceKeys.Stored, _stored).SetTag(TraceKeys.Refused, _refused);
        Traces.End(_span, released ? "released" : "broken off");
    }
}
