using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Sync;

namespace Pipeline.Host.Commands;

/// <summary>
/// The ledger as JSON: names in camel case, digests and bytes in hexadecimal, times in milliseconds since the Unix epoch. A value of the
/// ledger has the fields it is made of, and none that can be computed from them.
/// </summary>
internal static class LedgerJson
{
    /// <summary>One value a line.</summary>
    public static readonly JsonSerializerOptions Line = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { KeepContent } },
        Converters = { new HexConverter(), new MembersConverter(), new ActionConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>For a file that a person may open.</summary>
    public static readonly JsonSerializerOptions Indented = new(Line) { WriteIndented = true };

    public static void Write<T>(string? file, T value)
    {
        if (file is not null)
            File.WriteAllText(file, JsonSerializer.Serialize(value, Indented) + "\n");
    }

    public static JsonObject Of(Genesis genesis)
    {
        object application = Canonical.TryDecode<LearningGenesis>(genesis.Application, out var learning, out _) ? learning : genesis.Application;
        return new JsonObject
        {
            ["type"] = "genesis",
            ["chain"] = genesis.Name,
            ["chainId"] = $"{genesis.ChainId}",
            ["time"] = genesis.Time,
            ["members"] = Node(genesis.Members),
            ["quorum"] = genesis.Members.Quorum,
            ["parameters"] = Node(genesis.Parameters),
            ["application"] = Node(application),
        };
    }

    public static JsonObject Of(AppliedBlock applied)
    {
        var header = applied.Block.Header;
        var certificate = applied.Committed.Certificate;
        var json = new JsonObject { ["type"] = "block", ["height"] = applied.Height, ["id"] = $"{header.Id}", ["proposer"] = applied.Members[header.Proposer].Id };
        json["header"] = Node(header);
        json["transactions"] = new JsonArray([.. applied.Block.Transactions.Select((t, i) => (JsonNode)Of(t, applied, i))]);
        json["evidence"] = new JsonArray([.. applied.Block.Evidence.Select(e => Node(Canonical.Decode<Equivocation>(e)))]);
        json["certificate"] = new JsonObject
        {
            ["round"] = certificate.Round,
            ["signers"] = Node(Signers(certificate, applied.Members)),
            ["signatures"] = Node(certificate.Signatures),
        };
        json["events"] = new JsonArray([.. (applied.Outcome?.Events ?? []).Select(e => (JsonNode)Of(e))]);
        return json;
    }

    /// <param name="index">In its block.</param>
    public static JsonObject Of(Transaction transaction, AppliedBlock applied, int index) => new()
    {
        ["id"] = $"{transaction.Id}",
        ["kind"] = LearningTransactions.NameOf(transaction.Kind),
        ["sender"] = transaction.Sender,
        ["nonce"] = transaction.Nonce,
        ["refusal"] = applied.Outcome?.Receipts[index].Refusal,
        ["body"] = LearningTransactions.Decode(transaction) is { } body ? Node(body) : Node(transaction.Body),
        ["signature"] = Convert.ToHexStringLower(transaction.Signature),
    };

    public static IReadOnlyList<string> Signers(QuorumCertificate certificate, MemberSet members) =>
        [.. Enumerable.Range(0, members.Count).Where(seat => (certificate.Signers >> seat & 1) != 0).Select(seat => members[seat].Id)];

    private static JsonObject Of(IChainEvent happened)
    {
        var json = new JsonObject { ["event"] = JsonNamingPolicy.CamelCase.ConvertName(happened.GetType().Name) };
        foreach (var (name, value) in Node(happened)!.AsObject())
            json[name] = value?.DeepClone();
        return json;
    }

    private static void KeepContent(JsonTypeInfo type)
    {
        var parts = type.Type.GetConstructors().SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.Name!).ToList();
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.Assembly != typeof(Block).Assembly || parts.Count == 0)
            return;
        foreach (var property in type.Properties.Where(p => !parts.Contains(p.Name, StringComparer.OrdinalIgnoreCase)).ToList())
            type.Properties.Remove(property);
    }

    private static JsonNode? Node(object value) => JsonSerializer.SerializeToNode(value, value.GetType(), Line);

    private sealed class HexConverter : JsonConverter<byte[]>
    {
        public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Convert.FromHexString(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Convert.ToHexStringLower(value));
    }

    private sealed class MembersConverter : JsonConverter<MemberSet>
    {
        public override MemberSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, MemberSet value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Members.Select(m => new { m.Id, Key = $"{m.Key}" }), options);
    }

    /// <summary>The type of an action is part of what it says.</summary>
    private sealed class ActionConverter : JsonConverter<GovernanceAction>
    {
        public override GovernanceAction Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, GovernanceAction value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("action", JsonNamingPolicy.CamelCase.ConvertName(value.GetType().Name));
            foreach (var property in value.GetType().GetProperties())
            {
                writer.WritePropertyName(JsonNamingPolicy.CamelCase.ConvertName(property.Name));
                JsonSerializer.Serialize(writer, property.GetValue(value), property.PropertyType, options);
            }

            writer.WriteEndObject();
        }
    }
}
