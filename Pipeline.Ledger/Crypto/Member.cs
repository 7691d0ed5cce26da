using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Crypto;

/// <summary>One institution's seat on a chain.</summary>
/// <param name="Id">The institution, lower-case kebab, at most <see cref="MaxIdLength"/> bytes.</param>
public sealed record Member(string Id, MemberPublicKey Key) : ICanonical<Member>
{
    public const int MaxIdLength = 64;

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Text(Id).Item(Key).EndArray();

    public static Member ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var member = new Member(reader.Text(MaxIdLength), reader.Item<MemberPublicKey>());
        reader.EndArray();
        return member;
    }
}
