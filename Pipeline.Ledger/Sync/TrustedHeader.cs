using System.Diagnostics.CodeAnalysis;
using System.Text;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Sync;

/// <summary>
/// A header that an auditor knows to be the chain's. Its id commits to every block below it, so those need no signature; those above it do.
/// </summary>
/// <param name="Height">Null where only the id is known.</param>
public sealed record TrustedHeader(Digest Id, long? Height = null)
{
    private const int MaxFileBytes = 64 * 1024;

    /// <param name="text">64 hexadecimal characters, or a file that holds them, a header or a certified header.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out TrustedHeader? header, [NotNullWhen(false)] out string? error)
    {
        error = null;
        header = OfHex(text);
        if (header is not null)
            return true;
        if (!File.Exists(text))
        {
            error = $"'{text}' is neither a block id of 64 hexadecimal characters nor a file";
            return false;
        }

        byte[] bytes = new FileInfo(text).Length <= MaxFileBytes ? File.ReadAllBytes(text) : [];
        header = OfHex(Encoding.UTF8.GetString(bytes).Trim())
            ?? (Canonical.TryDecode<CertifiedHeader>(bytes, out var certified, out _) ? Of(certified.Header) : null)
            ?? (Canonical.TryDecode<BlockHeader>(bytes, out var plain, out _) ? Of(plain) : null);
        if (header is null)
            error = $"'{text}' holds neither a block id nor a canonical header";
        return header is not null;
    }

    private static TrustedHeader Of(BlockHeader header) => new(header.Id, header.Height);

    private static TrustedHeader? OfHex(string text) =>
        text.Length == 2 * Digest.Size && text.All(char.IsAsciiHexDigit) ? new TrustedHeader(Digest.Parse(text)) : null;
}
