using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Gateway;

/// <summary>
/// How a member proves who it is: for each of its chains a signature by its member key there over both TLS certificates of this very connection.
/// TLS proves that each end holds its certificate's key, so a hello is worth nothing on any other connection. Who is about to change its key
/// signs with both: a peer that was away knows the one, a peer that was not knows the other.
/// </summary>
/// <param name="Instance">Drawn at each start of the sender: tells a second link from a restart.</param>
internal sealed record Hello(int Version, string Member, Digest Instance, IReadOnlyList<HelloSeat> Seats) : ICanonical<Hello>
{
    public const int CurrentVersion = 1;
    public const int MaxSeats = 64;

    /// <param name="own">SHA-256 of the sender's TLS certificate.</param>
    /// <param name="other">SHA-256 of the receiver's.</param>
    public static Hello Create(string member, Digest instance, Digest own, Digest other, IEnumerable<GatewayChain> chains) => new(
        CurrentVersion, member, instance,
        [.. chains.SelectMany(c => c.Keys.All.Select(key => new HelloSeat(c.ChainId, key.Sign(SigningBytes(c.ChainId, member, instance, own, other))))).Take(MaxSeats)]);

    /// <summary>What a seat's signature covers.</summary>
    public static byte[] SigningBytes(Digest chainId, string member, Digest instance, Digest own, Digest other) => SignedStatement.Tagged(
        "hello", chainId, Digest.Of(Canonical.Encode(w =>
            w.Array(5).Int(CurrentVersion).Text(member).Digest(instance).Digest(own).Digest(other).EndArray())));

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(4).Int(Version).Text(Member).Digest(Instance).List(Seats).EndArray();

    public static Hello ReadFrom(CanonicalReader reader)
    {
        reader.Array(4);
        var hello = new Hello(
            reader.Int32(1, ushort.MaxValue), reader.Text(Ledger.Crypto.Member.MaxIdLength), reader.Digest(), reader.List<HelloSeat>(MaxSeats));
        reader.EndArray();
        return hello;
    }
}
