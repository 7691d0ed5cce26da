using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Ceremony;

/// <summary>
/// A genesis on its way from member to member: what is agreed on, the first weights, every member's card, and the signatures so far. It is a chain's
/// when all members have signed.
/// </summary>
/// <param name="InitialModel">Bytes of the model that the genesis names by its digest.</param>
/// <param name="Cards">One a member, in the order of their seats.</param>
/// <param name="Signatures">At most one a member.</param>
public sealed record GenesisProposal(Genesis Genesis, byte[] InitialModel, IReadOnlyList<MemberCard> Cards, IReadOnlyList<GenesisSignature> Signatures)
    : ICanonical<GenesisProposal>
{
    public const int Version = 1;
    private const string Magic = "pipeline/genesis-proposal";

    /// <summary>A model of more is not passed around in a proposal (bytes).</summary>
    public const int MaxModelBytes = 1 << 30;

    /// <summary>Members that have not signed.</summary>
    public IReadOnlyList<string> Missing => [.. Genesis.Members.Members.Select(m => m.Id).Where(id => Signatures.All(s => s.Member != id))];

    /// <summary>Null when it hangs together and every signature on it is good; otherwise the first thing that is wrong.</summary>
    public string? Verify(ISignatureVerifier verifier)
    {
        if (!Canonical.TryDecode<LearningGenesis>(Genesis.Application, out var learning, out string? error))
            return $"the genesis is not one of a learning chain: {error}";
        if (Digest.Of(InitialModel) != learning.InitialModel)
            return "the first weights are not those that the genesis names";
        var members = Genesis.Members;
        if (!Cards.Select(c => (c.Member, c.Key)).SequenceEqual(members.Members.Select(m => (m.Id, m.Key))))
            return "the cards are not those of the members in the genesis";
        if (Cards.Select(c => c.Verify(verifier)).FirstOrDefault(fault => fault is not null) is { } bad)
            return bad;
        if (Signatures.Select(s => s.Member).Distinct().Count() != Signatures.Count)
            return "a member has signed twice";
        byte[] signed = GenesisSignature.SigningBytes(Genesis.ChainId);
        foreach (var signature in Signatures)
        {
            if (members.Find(signature.Member) is not { } member)
                return $"'{signature.Member}' has signed and is no member";
            if (!verifier.Verify(member.Key, signed, signature.Signature))
                return $"the signature of '{signature.Member}' does not verify: the genesis was altered after it, or another key signed";
        }

        return null;
    }

    /// <summary>With one more signature, in the order of the seats; that of the same member is replaced.</summary>
    public GenesisProposal With(GenesisSignature signature) => this with
    {
        Signatures = [.. Signatures.Where(s => s.Member != signature.Member).Append(signature).OrderBy(s => Genesis.Members.IndexOf(s.Member))],
    };

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(6).Text(Magic).Int(Version).Item(Genesis).Bytes(InitialModel).List(Cards).List(Signatures).EndArray();

    public static GenesisProposal ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        if (reader.Text(Magic.Length) != Magic)
            throw new CanonicalFormatException("not a genesis proposal");
        reader.Int32(Version, Version);
        var proposal = new GenesisProposal(
            reader.Item<Genesis>(), reader.Bytes(MaxModelBytes), reader.List<MemberCard>(MemberSet.MaxMembers), reader.List<GenesisSignature>(MemberSet.MaxMembers));
        reader.EndArray();
        return proposal;
    }
}
