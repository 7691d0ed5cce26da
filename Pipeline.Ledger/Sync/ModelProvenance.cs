using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Sync;

/// <summary>Everything that went into one final round's model, as the chain has it.</summary>
/// <param name="Height">The block that made the round final.</param>
/// <param name="Base">The model that the round started from: that of an earlier final round, or the genesis' initial model.</param>
/// <param name="AttestedBy">Members whose aggregate had this digest.</param>
public sealed record ModelProvenance(
    long Round, long Height, Digest Model, Digest Backbone, Digest Base, IReadOnlyList<ModelProvenance.Update> Updates,
    ModelProvenance.Packet? Auxiliary, IReadOnlyList<string> AttestedBy)
{
    /// <summary>One institution's partial update.</summary>
    /// <param name="Bytes">Of the payload.</param>
    /// <param name="AckedBy">Members that hold it and found it within the policy's bounds.</param>
    public sealed record Update(
        string Member, Digest Payload, long Bytes, long Height, Digest Transaction, IReadOnlyList<string> AckedBy);

    /// <summary>Another chain's backbone that was blended in.</summary>
    /// <param name="AlphaQ16">w + α(aux − w), α in Q16.</param>
    /// <param name="Height">The block that brought it.</param>
    /// <param name="AcceptedBy">Members whose gate let it in.</param>
    public sealed record Packet(AuxiliaryPacket Content, int AlphaQ16, long Height, Digest Transaction, IReadOnlyList<string> AcceptedBy);
}
