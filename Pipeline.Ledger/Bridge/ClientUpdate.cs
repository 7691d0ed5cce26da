using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>
/// News of a trusted chain without a packet: its epoch-ending headers in order, then one of the last epoch. Keeps a client from expiring, and takes it
/// over more epochs than one packet's proof can.
/// </summary>
public sealed record ClientUpdate(IReadOnlyList<EpochChange> Epochs, CertifiedHeader Header) : ICanonical<ClientUpdate>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).List(Epochs).Item(Header).EndArray();

    public static ClientUpdate ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var update = new ClientUpdate(reader.List<EpochChange>(PacketProof.MaxEpochs), reader.Item<CertifiedHeader>());
        reader.EndArray();
        return update;
    }
}
