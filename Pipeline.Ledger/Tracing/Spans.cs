using static Pipeline.Ledger.Tracing.TraceKeys;

namespace Pipeline.Ledger.Tracing;

/// <summary>Every kind of span there is. docs/reference/traces.md lists them.</summary>
public static class Spans
{
    public static Span Association { get; } = new("dicom.association", "", [CalledAe, Chain, Stored, Refused, Result],
        "An association that was accepted, until its connection is closed; released or broken off.");

    public static Span Batch { get; } = new("ingest.batch", "links dicom.association", [Chain, Instances, Stored, Quarantined, OutOfScope],
        "Instances from the spool to their final place, from the first that is handled to the commit of all.");

    public static Span Commit { get; } = new("ingest.commit", "ingest.batch", [Instances], "Samples and checkpoint of a batch made durable.");

    public static Span LearningRound { get; } = new("learning.round", "", [Chain, Round, Result],
        "A round at this site, from its base model to its end; contributed, missed, or superseded by another model.");

    public static Span Training { get; } = new("training.round", "learning.round", [Chain, Round, Steps, Images, Bytes, Result],
        "Local training of a round; trained, repeated from the disk, skipped or failed.");

    public static Span Publish { get; } = new("payload.publish", "learning.round", [ChainId, Kind, Bytes, Acks, Result],
        "A payload from its announcement to acks of a quorum; published, failed or withdrawn.");

    public static Span Fetch { get; } = new("payload.fetch", "", [ChainId, Bytes, Result], "A payload that another member holds, until it is here; fetched or failed.");

    public static Span Height { get; } = new("consensus.height", "", [Chain, TraceKeys.Height, ConsensusRound, Transactions],
        "One height of a chain, from the block before to its own; in the consensus round that decided it.");

    public static Span Apply { get; } = new("consensus.apply", "consensus.height", [Chain, TraceKeys.Height], "A decided block executed.");

    public static Span Judgement { get; } = new("bridge.judge", "learning.round", [Chain, Source, Result],
        "An offer of another chain judged by this site's images; accepted, refused, postponed or failed.");

    public static IReadOnlyList<Span> All { get; } = [Association, Batch, Commit, LearningRound, Training, Publish, Fetch, Height, Apply, Judgement];
}
