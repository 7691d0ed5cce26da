using System.Net;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Training;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Actors.Ingest;
using Xunit;

namespace Pipeline.Tests.Host.Site;

/// <summary>A site that learned from images with planted identities: journals, payloads and everything else it keeps are searched for them.</summary>
[Collection("torch")]
public sealed class SiteLearningPrivacyTests : IDisposable
{
    private const int Images = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Journals_payloads_and_samples_of_a_site_that_learned_hold_nothing_planted()
    {
        using var identity = SiteIdentity.LoadOrCreate(_folder.Path);
        var task = new TaskDescriptor("CR", "CHEST", 32, 32, ["normal", "opacity"], "residual-cnn-small");
        var labels = new InMemoryLabelSource(identity.SiteKey);
        var started = await SiteNode.StartAsync(new SiteNodeSettings
        {
            Site = "north",
            DataDirectory = _folder.Path,
            Akka = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }").WithFallback(SiteConfiguration.DefaultAkka),
            Identity = identity,
            Network = new InProcessPeerHub().Join("north"),
            Dicom = new() { Address = IPAddress.Loopback },
            Routes = [new ChainRoute("chest", "CHEST", "CR", "CHEST", 32, 32, task.Classes) { Split = new SplitFractions(.01, 0), Labels = labels }],
            StorageKeys = new StorageKeys([new byte[32]], seals: true),
            Timeouts = ConsensusTimeouts.Local,
            Pace = new TrainingPace(TimeSpan.FromMilliseconds(200)),
        });
        var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (SiteNode node = started.Require())
        {
            node.System.EventStream.Subscribe(
                node.System.ActorOf(Props.Create(() => new Watcher(completed))), typeof(LearnerProtocol.CollaborationCompleted));
            (Genesis genesis, byte[] model) = OneMemberChain.Create(task, identity);
            node.Join(genesis, model);
            DicomAssociation association = (await DicomAssociation.RequestAsync(new AssociationSettings(
                "127.0.0.1", node.Ingest.Port, "CHEST", "TEST", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)))).Require();
            for (int i = 0; i < Images; i++)
            {
                string uid = $"{PlantedIdentity.Uid}.{i}";
                labels.Add(PseudonymKind.Instance, uid, i % 2);
                DicomDataSet image = PlantedIdentity.In(TestImages.Gray(uid, 32, 32, p => p * (1 + i % 2) % 4096, $"{TestImages.PlantedId}-{i}"));
                Assert.True((await association.StoreAsync(image)).Require().IsSuccess);
            }
            await association.ReleaseAsync();
            await completed.Task.WaitAsync(Patience);
        }

        string[] files = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);
        Assert.Contains(files, path => Path.GetFileName(path) == "journal.db");
        Assert.Contains(files, path => path.Contains("payload", StringComparison.Ordinal));
        Assert.Contains(files, path => Path.GetFileName(path) == "samples.log");
        foreach (string path in files)
        {
            string bytes = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path));
            Assert.All(PlantedIdentity.Texts, text => Assert.False(bytes.Contains(text, StringComparison.OrdinalIgnoreCase), $"{path} holds {text}"));
        }
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(TaskCompletionSource completed) => Receive<LearnerProtocol.CollaborationCompleted>(_ => completed.TrySetResult());
    }
}
