using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>
/// What every member agrees on before the first block. The chain's id is the digest of these bytes.
/// </summary>
/// <param name="Version">The <see cref="ProtocolVersion"/> of the first block.</param>
/// <param name="Name">Lower-case kebab; names the journal and the folder.</param>
/// <param name="Time">Milliseconds since the Unix epoch; the first block is later.</param>
/// <param name="Application">Canonical genesis of the application behind <see cref="IChainApplication"/> (for rounds: task, layout, policy).</param>
public sealed record Genesis(int Version, string Name, long Time, MemberSet Members, ConsensusParameters Parameters, byte[] Application)
    : ICanonical<Genesis>
{
    /// <summary>What new chains begin with.</summary>
    public const int CurrentVersion = ProtocolVersion.Newest;

    public const int MaxNameLength = 64;
    public const int MaxApplicationBytes = 1024 * 1024;

    private DigestMemo _chainId;

    public Digest ChainId => _chainId.For(this, static value => Digest.Of(Canonical.Encode(value)));

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(6).Int(Version).Text(Name).Int(Time).Item(Members).Item(Parameters).Bytes(Application).EndArray();

    public static Genesis ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        var genesis = new Genesis(
            reader.Int32(1, ProtocolVersion.Newest), reader.Text(MaxNameLength), reader.Int(0), reader.Item<MemberSet>(),
            reader.Item<ConsensusParameters>(), reader.Bytes(MaxApplicationBytes));
        reader.EndArray();
        return IsChainName(genesis.Name)
            ? genesis
            : throw new CanonicalFormatException($"chain name '{genesis.Name}' is not lower-case kebab");
    }

    /// <summary>Lower-case letters, digits and single hyphens, starting with a letter.</summary>
    public static bool IsChainName(string name) =>
        name.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterLower(name[0]) && name[^1] != '-' &&
        !name.Contains("--", StringComparison.Ordinal) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
