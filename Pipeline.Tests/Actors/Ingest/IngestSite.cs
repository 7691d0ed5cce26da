using System.Net;
using System.Text;
using Akka.Actor;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>A way of images on a folder, started, sent to and asked by a test.</summary>
internal sealed class IngestSite(ActorSystem system, string folder)
{
    public static readonly SiteKey Key = new(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    public ChainRoute Route { get; set; } = new("chest", "CHEST", "", "", 32, 32, ["normal", "opacity"]);

    public StorageKeys Keys { get; set; } = StorageKeys.None;

    public TimeSpan Retention { get; set; } = TimeSpan.Zero;

    public TimeProvider Clock { get; set; } = TimeProvider.System;

    public DeidentificationProfile Profile { get; set; } = new();

    public IngestPipeline Start() => IngestPipeline.Start(system, new IngestSettings
    {
        DataDirectory = folder,
        SiteKey = Key,
        Routes = [Route],
        Dicom = new DicomServerSettings { Address = IPAddress.Loopback },
        CommitInterval = TimeSpan.FromMilliseconds(20),
        LowWatermarkBytes = 0,
        StorageKeys = Keys,
        QuarantineRetention = Retention,
        Clock = Clock,
        Deidentification = Profile,
    }).Require();

    public static async Task SendAsync(IngestPipeline pipeline, params DicomDataSet[] images)
    {
        DicomAssociation association = (await DicomAssociation.RequestAsync(new AssociationSettings(
            "127.0.0.1", pipeline.Port, "CHEST", "TEST", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)))).Require();
        foreach (DicomDataSet image in images)
            Assert.Matches("^(0000|B000)", (await association.StoreAsync(image)).Require().ToString());
        await association.ReleaseAsync();
    }

    public static DicomDataSet Image(int number, string modality = "CR", string? patient = null, int shift = 0) =>
        TestImages.Gray($"1.2.{number}", 32, 32, i => (i + shift) % 4096, patient ?? TestImages.PlantedId + number, modality)
            .Set(DicomTags.WindowCenter, "2048").Set(DicomTags.WindowWidth, "4096");

    /// <summary>Leaves a decision as a command does.</summary>
    public OperatorRequest Ask(OperatorAction action, long instance, string patient = "")
    {
        var request = new OperatorRequest(Guid.NewGuid().ToString("N"), action, "chest", instance, patient, "tester", "because", DateTimeOffset.UtcNow);
        new RequestFolder(folder, new DiskFileSystem()).Put(request);
        return request;
    }

    public string? ResultOf(OperatorRequest request) => AuditLog.Of(folder, request.Id) is [.., var last] ? last.Result : null;

    /// <summary>Files below the folder that hold any of the texts.</summary>
    public IReadOnlyList<string> FilesWith(IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        return
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path =>
            {
                byte[] bytes = File.ReadAllBytes(path);
                return all.Any(text => Encoding.Latin1.GetString(bytes).Contains(text, StringComparison.OrdinalIgnoreCase)
                    || Path.GetFileName(path).Contains(text, StringComparison.OrdinalIgnoreCase)
                    || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text)) >= 0);
            }),
        ];
    }
}
