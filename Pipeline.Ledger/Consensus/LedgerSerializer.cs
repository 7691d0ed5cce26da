using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Consensus;

/// <summary>Writes journal entries as canonical CBOR under a versioned manifest, and nothing else.</summary>
public sealed class LedgerSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public const int Id = 7301;

    /// <summary>Part of every ActorSystem that hosts replicas: bindings are read once, when the system starts.</summary>
    public static Config Config { get; } = ConfigurationFactory.ParseString($$"""
        akka.actor {
          serializers.pipeline-ledger = "{{typeof(LedgerSerializer).FullName}}, {{typeof(LedgerSerializer).Assembly.GetName().Name}}"
          serialization-bindings."{{typeof(JournalEntry).FullName}}, {{typeof(JournalEntry).Assembly.GetName().Name}}" = pipeline-ledger
          serialization-identifiers."{{typeof(LedgerSerializer).FullName}}, {{typeof(LedgerSerializer).Assembly.GetName().Name}}" = {{Id}}
        }
        {{RecoveryPoint.PluginId}}.class = "{{typeof(RecoveryPoint).FullName}}, {{typeof(RecoveryPoint).Assembly.GetName().Name}}"
        """);

    public override int Identifier => Id;

    public override string Manifest(object o) => Entry(o).Manifest;

    public override byte[] ToBinary(object obj) => Canonical.Encode(Entry(obj));

    /// <exception cref="ArgumentException">This build does not know the manifest; the message says what to do.</exception>
    /// <exception cref="CanonicalFormatException">The bytes are no entry.</exception>
    public override object FromBinary(byte[] bytes, string manifest) =>
        JournalEntry.CheckManifest(manifest) is { } fault ? throw new ArgumentException(fault, nameof(manifest)) : Canonical.Decode<JournalEntry>(bytes);

    private static JournalEntry Entry(object value) =>
        value as JournalEntry ?? throw new ArgumentException($"'{value.GetType().FullName}' is no journal entry; a chain's journal holds nothing else", nameof(value));
}
