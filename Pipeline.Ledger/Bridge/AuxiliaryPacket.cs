using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Bridge;

/// <summary>
/// What a chain says to another about its aggregated backbone: the facts needed to judge it, never the weights. A leaf of the source
/// chain's outbox; consumed by the destination exactly in the order of <see cref="Sequence"/>.
/// </summary>
/// <param name="SourceChain">Id of the emitting chain.</param>
/// <param name="SourceName">Name of the emitting chain in its genesis.</param>
/// <param name="Destination">Name of the chain that may receive it (a grant of the source's policy).</param>
/// <param name="Sequence">Per destination, from 1, without gaps.</param>
/// <param name="TaskHash">Hash of the source's <see cref="TaskDescriptor"/>.</param>
/// <param name="Architecture">Architecture id of the source's task.</param>
/// <param name="BackboneLayout">Digest of the backbone's tensors (<see cref="BackbonePayload.LayoutDigest"/>): equal means blendable.</param>
/// <param name="Model">Attested digest of the whole model, which stays on the source chain.</param>
/// <param name="Payload">Digest of the <see cref="BackbonePayload"/>.</param>
/// <param name="PayloadBytes">Size of that payload (bytes).</param>
/// <param name="Contributors">Members whose updates the round aggregated.</param>
/// <param name="Round">The final round the backbone is of.</param>
/// <param name="SourceHeight">Height of the block that made it final; the header above it proves the packet.</param>
/// <param name="AucPpm">Mean of the members' last reported macro-AUC × 10⁶, or −1 when none reported.</param>
/// <param name="Purpose">What it may be used for; see <see cref="AuxiliaryTraining"/>.</param>
/// <param name="ExpiryTime">Milliseconds since the Unix epoch; later blocks consume it with an error ack.</param>
public sealed record AuxiliaryPacket(
    Digest SourceChain, string SourceName, string Destination, long Sequence, Digest TaskHash, string Architecture,
    Digest BackboneLayout, Digest Model, Digest Payload, long PayloadBytes, int Contributors, long Round, long SourceHeight, int AucPpm,
    int Purpose, long ExpiryTime) : ICanonical<AuxiliaryPacket>
{
    private const int WithoutNorm = 1;
    private const int WithNorm = 2;

    /// <summary>Purpose code: training of a model on the destination chain.</summary>
    public const int AuxiliaryTraining = 1;

    public const int NoMetrics = -1;

    /// <summary>
    /// Bound on the L2 norm × 2¹⁶ of the update of one member that the backbone is made of; null from chains whose protocol is too old to say so.
    /// </summary>
    public long? UpdateNorm { get; init; }

    /// <summary>
    /// ε × 10⁶ at the source's δ: the most that any contributor has reported to have spent of its privacy; 0 where the source's policy has no differential
    /// privacy, or its protocol is too old to say so.
    /// </summary>
    public long SpentMicro { get; init; }

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(UpdateNorm is null ? 17 : 19).Int(UpdateNorm is null ? WithoutNorm : WithNorm).Digest(SourceChain).Text(SourceName).Text(Destination)
            .Int(Sequence).Digest(TaskHash).Text(Architecture).Digest(BackboneLayout).Digest(Model).Digest(Payload).Int(PayloadBytes)
            .Int(Contributors).Int(Round).Int(SourceHeight).Int(AucPpm).Int(Purpose).Int(ExpiryTime);
        if (UpdateNorm is { } norm)
            writer.Int(norm).Int(SpentMicro);
        writer.EndArray();
    }

    public static AuxiliaryPacket ReadFrom(CanonicalReader reader)
    {
        int items = reader.Array(17, 19);
        int version = reader.Int32(WithoutNorm, WithNorm);
        if (items != (version == WithNorm ? 19 : 17))
            throw new CanonicalFormatException($"a packet of version {version} with {items} items");
        var packet = new AuxiliaryPacket(
            reader.Digest(), reader.Text(Genesis.MaxNameLength), reader.Text(Genesis.MaxNameLength), reader.Int(1), reader.Digest(),
            reader.Text(TaskDescriptor.MaxTextLength), reader.Digest(), reader.Digest(), reader.Digest(), reader.Int(0),
            reader.Int32(0, MemberSet.MaxMembers), reader.Int(1), reader.Int(1), reader.Int32(NoMetrics, 1_000_000),
            reader.Int32(0, ushort.MaxValue), reader.Int(0))
        {
            UpdateNorm = version == WithNorm ? reader.Int(1) : null,
            SpentMicro = version == WithNorm ? reader.Int(0, PrivacyPolicy.MaxSpentMicro) : 0,
        };
        reader.EndArray();
        return packet;
    }
}
