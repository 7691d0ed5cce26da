using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Host.Configuration;

/// <summary>A site as its operator configured it; every default and range is in reference.conf.</summary>
/// <param name="Name">The institution, as the genesis of each chain names it.</param>
/// <param name="DataDirectory">Absolute.</param>
/// <param name="PassphraseFile">Absolute; null: the environment variable PIPELINE_PASSPHRASE, where the keys are encrypted.</param>
/// <param name="QuarantineRetention">Zero keeps instances in quarantine for ever.</param>
/// <param name="Chains">By name, ascending; empty: the site only answers C-ECHO.</param>
public sealed record SiteSettings(
    string Name, string DataDirectory, string? PassphraseFile, IReadOnlyList<string> Roles, GatewaySettings Gateway, DicomSettings Dicom,
    IngestLimits Ingest, DeidentificationProfile Deidentification, TimeSpan QuarantineRetention, EncryptionSettings Encryption, TrainingSettings Trainer,
    ConsensusTimeouts Consensus, PayloadSettings Payloads, SnapshotPolicy Snapshots, StatusSettings Status, IReadOnlyList<ChainSettings> Chains)
{
    /// <summary>Null: this process is the whole site.</summary>
    public ClusterSettings? Cluster { get; init; }

    private static readonly string[] AllRoles = ["ingest", "trainer", "ledger", "bridge"];

    /// <summary>Reads everything; mistakes are in the reader's errors, and then the result is not to be used.</summary>
    internal static SiteSettings Create(SettingsReader reader)
    {
        string name = reader.Required("pipeline.site.name", "lower-case letters, digits and hyphens, at most 64", Genesis.IsChainName);
        string data = reader.Required("pipeline.site.data-directory", "path", SettingsRules.IsPath);
        string passphrase = reader.Text("pipeline.site.passphrase-file", "empty, or path", text => text.Length == 0 || SettingsRules.IsPath(text));
        var roles = reader.List("pipeline.site.roles", AllRoles);
        var dicom = DicomSettings.Create(reader);
        var gateway = GatewaySettings.Create(reader, data);
        var status = StatusSettings.Create(reader, data);
        var cluster = ClusterSettings.Create(reader);
        TwicePorts(reader, dicom, gateway, status, cluster);
        var settings = new SiteSettings(
            name, data.Length == 0 ? "" : Path.GetFullPath(data), passphrase.Length == 0 ? null : Path.GetFullPath(passphrase), roles, gateway, dicom,
            IngestLimits.Create(reader), DeidentificationSettings.Create(reader),
            reader.Duration("pipeline.quarantine.retention", "0s", "3650d"), EncryptionSettings.Create(reader), TrainingSettings.Create(reader),
            Timeouts(reader), PayloadSettings.Create(reader), SnapshotsOf(reader), status, ChainSettings.CreateAll(reader, data, dicom))
        {
            Cluster = cluster,
        };
        cluster?.Check(reader, settings.Chains);
        return settings;
    }

    /// <summary>Complains of a port that is to be listened on for two purposes.</summary>
    private static void TwicePorts(SettingsReader reader, DicomSettings dicom, GatewaySettings gateway, StatusSettings status, ClusterSettings? cluster)
    {
        (string Key, int? Port)[] ports =
        [
            ("pipeline.dicom.port", dicom.Server.Port), ("pipeline.dicom.tls.port", dicom.Server.Tls?.Port),
            ("pipeline.gateway.listen", gateway.Enabled ? gateway.Listen?.Port : null),
            ("pipeline.status.listen", status.Enabled ? status.Listen.Port : null), ("pipeline.cluster.port", cluster?.Port),
        ];
        foreach (var group in ports.Where(p => p.Port is > 0).GroupBy(p => p.Port).Where(group => group.Count() > 1))
            reader.Report(group.Last().Key, $"{group.Key}", $"the port is that of {group.First().Key} too; give each its own");
    }

    private static SnapshotPolicy SnapshotsOf(SettingsReader reader) => new(
        reader.Int("pipeline.snapshots.interval", 0, 1_000_000),
        reader.Int("pipeline.snapshots.keep", 1, 100),
        reader.Int("pipeline.snapshots.state-sync-gap", 0, 1_000_000_000));

    private static ConsensusTimeouts Timeouts(SettingsReader reader) => new(
        reader.Duration("pipeline.consensus.propose-timeout", "10ms", "10m"),
        reader.Duration("pipeline.consensus.vote-timeout", "10ms", "10m"),
        reader.Duration("pipeline.consensus.timeout-step", "1ms", "10m"),
        reader.Duration("pipeline.consensus.rebroadcast-interval", "10ms", "10m"),
        reader.Duration("pipeline.consensus.block-interval", "1ms", "10m"));
}
