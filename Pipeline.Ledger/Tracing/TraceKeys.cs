namespace Pipeline.Ledger.Tracing;

/// <summary>Names of the attributes of spans.</summary>
public static class TraceKeys
{
    public const string Chain = "pipeline.chain", Round = "pipeline.round", Height = "pipeline.height", Result = "pipeline.result";
    /// <summary>The first digits of a chain's id, where its name is not known.</summary>
    public const string ChainId = "pipeline.chain.id";

    public const string CalledAe = "pipeline.called_ae", Stored = "pipeline.instances.stored", Refused = "pipeline.instances.refused";
    public const string Instances = "pipeline.instances", Quarantined = "pipeline.instances.quarantined", OutOfScope = "pipeline.instances.out_of_scope";
    public const string Steps = "pipeline.steps", Images = "pipeline.images", Bytes = "pipeline.bytes", Kind = "pipeline.payload.kind", Acks = "pipeline.acks";
    public const string ConsensusRound = "pipeline.consensus.round", Transactions = "pipeline.transactions", Source = "pipeline.source";
}
