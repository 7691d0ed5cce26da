using System.Diagnostics;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Ledger.Consensus;

/// <summary>What a replica tells of its heights to whoever collects traces.</summary>
public sealed partial class ReplicaActor
{
    private Activity? _height;

    /// <summary>Consensus on the next height begins.</summary>
    private void TraceHeight()
    {
        Traces.End(_height);
        _height = Traces.Begin(Spans.Height)?.SetTag(TraceKeys.Chain, _genesis.Name).SetTag(TraceKeys.Height, _assembler.NextHeight);
    }

    /// <summary>Executes the block that a height has come to.</summary>
    private void ApplyTraced(CommittedBlock committed)
    {
        _height?.SetTag(TraceKeys.ConsensusRound, committed.Certificate.Round).SetTag(TraceKeys.Transactions, committed.Block.Transactions.Count);
        var apply = _height is null ? null : Traces.Begin(Spans.Apply, _height.Context)?.SetTag(TraceKeys.Chain, _genesis.Name)
            .SetTag(TraceKeys.Height, committed.Block.Header.Height);
        Apply(committed);
        Traces.End(apply);
    }
}
