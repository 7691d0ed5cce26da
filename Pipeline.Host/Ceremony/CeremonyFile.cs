using System.Text.Json;
using System.Text.Json.Nodes;
using Pipeline.Host.Commands;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Ceremony;

/// <summary>The files that institutions exchange before a chain begins. Whatever is read is verified; a fault names the file.</summary>
internal static class CeremonyFile
{
    private const int MaxCardBytes = 16 * 1024;
    private const string KeyPrefix = "ed25519:";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };
    private static readonly Ed25519Verifier Verifier = new();

    /// <summary>JSON, so that people can read and compare it.</summary>
    public static void Write(string path, MemberCard card) => File.WriteAllText(path, new JsonObject
    {
        ["member"] = card.Member,
        ["key"] = card.Key.ToString(),
        ["certificate"] = card.Certificate.ToString(),
        ["gateway"] = card.Gateway,
        ["signature"] = Convert.ToHexStringLower(card.Signature),
    }.ToJsonString(Indented) + "\n");

    /// <exception cref="CommandFailedException">The file is no card, or not signed by the key that it names.</exception>
    public static MemberCard ReadCard(string path)
    {
        byte[] bytes = ReadAll(path, MaxCardBytes, "member card");
        MemberCard card;
        try
        {
            var json = JsonNode.Parse(bytes)!.AsObject();
            string key = Text("key");
            card = new MemberCard(
                Text("member"), new MemberPublicKey(Digest.Parse(key.StartsWith(KeyPrefix, StringComparison.Ordinal) ? key[KeyPrefix.Length..] : key)),
                Digest.Parse(Text("certificate")), Text("gateway"), Convert.FromHexString(Text("signature")));

            string Text(string name) => json[name]?.GetValue<string>() ?? throw new FormatException($"'{name}' is missing");
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or NullReferenceException)
        {
            throw new CommandFailedException($"'{path}' is no member card, as 'pipeline init' writes it: {e.Message}", e);
        }

        return card.Verify(Verifier) is { } fault ? throw new CommandFailedException($"'{path}' is refused: {fault}") : card;
    }

    /// <summary>Beside the old file first: a proposal that is passed on is whole or not there.</summary>
    public static void Write(string path, GenesisProposal proposal)
    {
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw new CommandFailedException($"'{path}' cannot be written: there is no such folder") { ExitCode = ExitCode.Usage };
        File.WriteAllBytes(path + ".new", Canonical.Encode(proposal));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <exception cref="CommandFailedException">The file is no proposal, or something in it is wrong.</exception>
    public static GenesisProposal ReadProposal(string path)
    {
        if (!Canonical.TryDecode<GenesisProposal>(ReadAll(path, GenesisProposal.MaxModelBytes + (4L << 20), "proposal"), out var proposal, out string? error))
            throw new CommandFailedException($"'{path}' is no genesis proposal, as 'pipeline chain create' writes it: {error}");
        return proposal.Verify(Verifier) is { } fault ? throw new CommandFailedException($"'{path}' is refused: {fault}") : proposal;
    }

    private static byte[] ReadAll(string path, long maximum, string what)
    {
        if (!File.Exists(path))
            throw new CommandFailedException($"there is no file '{path}'") { ExitCode = ExitCode.Usage };
        return new FileInfo(path).Length <= maximum
            ? File.ReadAllBytes(path)
            : throw new CommandFailedException($"'{path}' has {new FileInfo(path).Length} bytes; a {what} has at most {maximum}: is it another file?");
    }
}
