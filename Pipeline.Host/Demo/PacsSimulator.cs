using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Demo.Phantoms;

namespace Pipeline.Host.Demo;

/// <summary>
/// One hospital's PACS: draws its phantoms and pushes them by C-STORE, at a hospital's pace. What was not answered with success is sent
/// again on a new association, as real ones do; that is what makes a killed node lose nothing.
/// </summary>
/// <param name="port">The node's DICOM port at this moment.</param>
public sealed class PacsSimulator(
    DemoHospital hospital, IReadOnlyList<DemoChain> chains, int seed, Func<int> port, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(500);

    private long _acknowledged;

    /// <summary>Instances answered 0000 so far.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>AE title under which the node takes a chain's images.</summary>
    public static string AeTitle(string chain) => chain.ToUpperInvariant()[..Math.Min(16, chain.Length)];

    /// <summary>The report of the radiologists: a CSV that the node watches.</summary>
    public static string LabelFile(DemoHospital hospital, string chain) => Path.Combine(hospital.DataDirectory, $"labels-{chain}.csv");

    public void WriteLabels()
    {
        foreach (var chain in chains)
        {
            var csv = new StringBuilder("sop_instance_uid,label\n");
            foreach (var image in Images(chain))
                csv.Append(CultureInfo.InvariantCulture, $"{PhantomDicom.InstanceUid(image, hospital.Site, chain.Id)},{chain.Task.Classes[image.Label]}\n");
            File.WriteAllText(LabelFile(hospital, chain.Id), csv.ToString());
        }
    }

    /// <summary>Sends everything; ends when the last instance was answered with success.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        foreach (var chain in chains)
        {
            var elapsed = Stopwatch.StartNew();
            var pending = new Queue<DicomDataSet>(Images(chain).Select(i => PhantomDicom.Wrap(i, hospital.Site, chain.Id)));
            while (pending.Count > 0)
            {
                cancel.ThrowIfCancellationRequested();
                if (!await SendAsync(pending, chain, elapsed, cancel).ConfigureAwait(false))
                    await Task.Delay(BackOff, clock, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One association; true when all went.</summary>
    private async Task<bool> SendAsync(Queue<DicomDataSet> pending, DemoChain chain, Stopwatch elapsed, CancellationToken cancel)
    {
        var requested = await DicomAssociation.RequestAsync(new AssociationSettings(
            "127.0.0.1", port(), AeTitle(chain.Id), "PACS", [PhantomDicom.SopClass], Patience)).ConfigureAwait(false);
        if (!requested.Ok)
            return false;
        await using var association = requested.Value;
        while (pending.TryPeek(out var instance))
        {
            var answer = await association.StoreAsync(instance).ConfigureAwait(false);
            if (!answer.Ok || answer.Value.Code != 0)
                return false;
            pending.Dequeue();
            Interlocked.Increment(ref _acknowledged);
            double ahead = (chain.ImagesPerHospital - pending.Count) / chain.Pace - elapsed.Elapsed.TotalSeconds;
            if (ahead > 0)
                await Task.Delay(TimeSpan.FromSeconds(ahead), clock, cancel).ConfigureAwait(false);
        }

        await association.ReleaseAsync().ConfigureAwait(false);
        return true;
    }

    private IEnumerable<PhantomImage> Images(DemoChain chain) =>
        new PhantomGenerator(hospital.Profile, chain.Phantom, (ulong)seed).Cohort(chain.ImagesPerHospital);
}
