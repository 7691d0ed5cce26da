using System.Net.Http.Json;
using System.Text.Json;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Tests.Actors.Dicom;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>A PACS of another make that forwards what it gets, and asks for storage commitment.</summary>
public sealed class OrthancPeerTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_study_that_Orthanc_forwards_is_in_the_sample_store_and_committed_on_an_association_of_our_own()
    {
        int dicom = PeerProcess.FreePort(), http = PeerProcess.FreePort();
        await using var site = await RunningSite.StartAsync(_folder.Path, $$"""
            pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32 }
            pipeline.dicom { unknown-peers = reject, peers.orthanc { ae-title = ORTHANC, hosts = "127.0.0.1", report-to = "127.0.0.1:{{dicom}}" } }
            """);
        string pacs = _folder.Sub("orthanc"), config = Path.Combine(pacs, "orthanc.json"), script = Path.Combine(pacs, "forward.lua");
        File.Copy(Path.Combine(Repository.Folder("docker"), "orthanc", "forward.lua"), script);
        await File.WriteAllTextAsync(config, JsonSerializer.Serialize(new
        {
            Name = "pacs",
            StorageDirectory = pacs,
            IndexDirectory = pacs,
            HttpPort = http,
            DicomPort = dicom,
            DicomAet = "ORTHANC",
            AuthenticationEnabled = false,
            DicomCheckCalledAet = false,
            DicomAlwaysAllowStore = true,
            StableAge = 1,
            LuaScripts = new[] { script },
            Plugins = Array.Empty<string>(),
            DicomModalities = new Dictionary<string, object[]> { ["pipeline"] = ["CHEST", "127.0.0.1", site.Port] },
        }));
        await using PeerProcess? orthanc = PeerProcess.Start(output, "Orthanc", config);
        if (orthanc is null)
            return;

        var settings = new AssociationSettings("127.0.0.1", dicom, "ORTHANC", "MODALITY", [SopClasses.ComputedRadiography], Patience);
        Outcome<DicomAssociation> requested = await DicomAssociation.RequestAsync(settings);
        for (long began = TimeProvider.System.GetTimestamp(); !requested.Ok && TimeProvider.System.GetElapsedTime(began) < Patience;)
            requested = await DicomAssociation.RequestAsync(settings);
        DicomAssociation modality = requested.Require();
        string[] uids = ["1.2.31.1", "1.2.31.2"];
        foreach (string uid in uids)
            Assert.True((await modality.StoreAsync(TestImages.Gray(uid, 32, 32, i => i))).Require().IsSuccess);
        await modality.ReleaseAsync();
        await RunningSite.Until(() => site.Samples("chest", uids).Count == 2, () => $"{site.Samples("chest", uids).Count} of 2 forwarded images are in the store");

        using var rest = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}"), Timeout = Patience };
        Assert.Equal("Success", await CommitAsync(rest, uids));
        Assert.Equal("Failure", await CommitAsync(rest, [uids[0], "1.2.31.99"]));
    }

    /// <summary>Orthanc asks, and waits for the report on an association that the site opens.</summary>
    private static async Task<string> CommitAsync(HttpClient rest, string[] uids)
    {
        using HttpResponseMessage asked = await rest.PostAsJsonAsync("/modalities/pipeline/storage-commitment", new Dictionary<string, string[][]>
        {
            ["DicomInstances"] = [.. uids.Select(uid => new[] { SopClasses.ComputedRadiography, uid })],
        });
        asked.EnsureSuccessStatusCode();
        string transaction = (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("Path").GetString()!;
        string status = "Pending";
        for (long began = TimeProvider.System.GetTimestamp(); status == "Pending" && TimeProvider.System.GetElapsedTime(began) < Patience;)
            status = (await rest.GetFromJsonAsync<JsonElement>(transaction)).GetProperty("Status").GetString()!;
        return status;
    }
}
