using System.Text.RegularExpressions;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>One file of a <see cref="FilePayloadStore"/>: a payload, or the tombstone of one that was deleted for good.</summary>
public sealed partial record PayloadFile(string Path, Digest Digest, bool IsTombstone)
{
    private const string TombstoneSuffix = ".pruned";

    public static PayloadFile Of(string folder, Digest digest, bool isTombstone)
    {
        string name = digest.ToString();
        return new PayloadFile(System.IO.Path.Combine(folder, name[..2], name[2..] + (isTombstone ? TombstoneSuffix : "")), digest, isTombstone);
    }

    /// <summary>Null when a file of that relative path is no part of a store.</summary>
    public static PayloadFile? TryParse(string folder, string relativePath)
    {
        var match = Layout().Match(relativePath.Replace('\\', '/'));
        return match.Success
            ? Of(folder, Digest.Parse(match.Groups[1].Value + match.Groups[2].Value), match.Groups[3].Success)
            : null;
    }

    [GeneratedRegex(@"^([0-9a-f]{2})/([0-9a-f]{62})(\.pruned)?\z")]
    private static partial Regex Layout();
}
