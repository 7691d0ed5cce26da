using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Bridge;

/// <summary>Another chain's backbone, as a bridge packet carried it, its proof already checked.</summary>
/// <param name="FromChain">Name of the chain that it was trained on.</param>
public sealed record AuxiliaryBackbone(string FromChain, BackbonePayload Backbone);
