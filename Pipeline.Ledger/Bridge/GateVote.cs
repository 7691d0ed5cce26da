using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>A member's verdict on an offered backbone. Only this bit goes on the chain: a finer verdict would leak.</summary>
public sealed record GateVote(Digest SourceChain, long Sequence, bool Accept) : ICanonical<GateVote>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Digest(SourceChain).Int(Sequence).Bool(Accept).EndArray();

    public static GateVote ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var vote = new GateVote(reader.Digest(), reader.Int(1), reader.Bool());
        reader.EndArray();
        return vote;
    }
}
