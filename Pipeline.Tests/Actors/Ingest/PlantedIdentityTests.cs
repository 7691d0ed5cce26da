using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>Identities planted in what a PACS sends and in label files are in no file and no line of the log behind de-identification.</summary>
public sealed class PlantedIdentityTests() : PatientTestKit("akka.loglevel = DEBUG")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TestFolder _folder = new(), _hospital = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_planted_is_found_in_files_or_log(bool encrypted)
    {
        var log = new ConcurrentQueue<string>();
        IActorRef listener = Sys.ActorOf(Props.Create(() => new Listener(log)));
        Sys.EventStream.Subscribe(listener, typeof(LogEvent));
        string labels = Path.Combine(_hospital.Path, "labels.csv");
        await File.WriteAllTextAsync(labels, $"patient_id,label\n{TestImages.PlantedId},opacity\nMUSTERMANN,unheard\n{TestImages.PlantedAccession}\n");
        var site = new IngestSite(Sys, _folder.Path)
        {
            Keys = encrypted ? new StorageKeys([new byte[32]], seals: true) : StorageKeys.None,
        };
        site.Route = site.Route with { Labels = new CsvLabelSource(labels, site.Route.Classes, IngestSite.Key), Rules = [AttributeRule.Parse("(0018,5101) != KNEE")!] };
        DicomDataSet Image(int number, string modality = "CR", int shift = 0) => PlantedIdentity.In(TestImages.Gray(
            $"{PlantedIdentity.Uid}.{number}", 32, 32, i => (i + shift) % 4096, modality: modality));
        OperatorRequest? release = null;
        await using (IngestPipeline pipeline = site.Start())
        {
            await IngestSite.SendAsync(pipeline,
                Image(1), Image(2, "US"), Image(3).Set(DicomTags.Rows, (ushort)999), Image(4).Set(DicomTags.ViewPosition, "KNEE"), Image(1, shift: 5),
                Image(5, "US"), TestImages.Gray($"{PlantedIdentity.Uid}.6", 32, 32, i => i, ""));
            await Eventually(() => pipeline.Account() is { Pending: 0, Samples: 1, Quarantined: 5, OutOfScope: 1 });
            release = site.Ask(OperatorAction.Release, 1);
            site.Ask(OperatorAction.Drop, 5);
            await Eventually(() => pipeline.Account() is { Samples: 2, Quarantined: 3, Removed: 1, Balanced: true } && site.ResultOf(release) is not null);
            Assert.DoesNotContain(PlantedIdentity.Texts, text => pipeline.Counters["chest"].ToString().Contains(text, StringComparison.OrdinalIgnoreCase));
        }
        Assert.NotEmpty(log);
        Assert.All(PlantedIdentity.Texts, text => Assert.DoesNotContain(log, line => line.Contains(text, StringComparison.OrdinalIgnoreCase)));
        // Spool and quarantine hold the originals, in the open where the site does not encrypt.
        string[] raw = [.. site.FilesWith(PlantedIdentity.Texts).Select(path => Path.GetExtension(path)).Distinct().Order()];
        Assert.Equal(encrypted ? [] : [".dcm", ".segment"], raw);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Dispose();
        _hospital.Dispose();
    }

    private Task Eventually(Func<bool> condition) => AwaitConditionAsync(() => Task.FromResult(condition()), Patience, TimeSpan.FromMilliseconds(20));

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<string> log) => Receive<LogEvent>(line => log.Enqueue(line.ToString()));
    }
}
