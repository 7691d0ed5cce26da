using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Commands;

namespace Pipeline.Host.Benchmarks;

/// <summary>Sends a study on several associations, a folder on each.</summary>
internal static class IngestSender
{
    /// <summary>What this program's SCU proposes and a site agrees to by default.</summary>
    public const int Operations = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>With this program's SCU, from memory that the operating system keeps: the receiver is what is measured.</summary>
    /// <param name="operations">Outstanding at once on each association, where the receiver agrees (asynchronous operations).</param>
    /// <returns>Instances a second, over all associations.</returns>
    public static async Task<double> OwnAsync(int port, IReadOnlyList<string> folders, int instances, int operations)
    {
        var settings = new AssociationSettings("127.0.0.1", port, IngestReceiver.AeTitle, "BENCH-SCU", [SopClasses.CT], Patience) { MaxOperations = operations };
        var associations = new List<(DicomAssociation Association, OutgoingInstance[] Study)>();
        foreach (string folder in folders)
        {
            var requested = await DicomAssociation.RequestAsync(settings).ConfigureAwait(false);
            associations.Add((requested.Require(), [.. Files(folder, instances).Select(file => OutgoingFile.Read(file).Require())]));
        }
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(associations.Select(sending =>
            Task.Run(() => Task.WhenAll(sending.Study.Select(instance => StoreAsync(sending.Association, instance)))))).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        foreach ((DicomAssociation association, _) in associations)
            await association.ReleaseAsync().ConfigureAwait(false);
        return folders.Count * instances / seconds;
    }

    private static async Task StoreAsync(DicomAssociation association, OutgoingInstance instance)
    {
        var answer = await association.StoreAsync(instance).ConfigureAwait(false);
        if (answer is not { Ok: true, Value.IsSuccess: true })
            throw new CommandFailedException($"an instance was answered {(answer.Ok ? answer.Value.ToString() : answer.Fault.Message)}");
    }

    /// <summary>With DCMTK's storescu, one instance after the other, a process for each association. Its start counts as little as there are many instances.</summary>
    /// <returns>Instances a second, over all associations; null where storescu is not installed.</returns>
    public static async Task<double?> StorescuAsync(int port, IReadOnlyList<string> folders, int instances, bool noDelay)
    {
        long began = Stopwatch.GetTimestamp();
        var senders = new List<Process>();
        foreach (string folder in folders)
        {
            var start = new ProcessStartInfo("storescu", ["-aec", IngestReceiver.AeTitle, "127.0.0.1", port.ToString(CultureInfo.InvariantCulture), .. Files(folder, instances)])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            if (noDelay)
                start.Environment["TCP_NODELAY"] = "1";
            try
            {
                senders.Add(Process.Start(start)!);
            }
            catch (Win32Exception)
            {
                return null;
            }
        }
        foreach (Process sender in senders)
        {
            string complaint = await sender.StandardError.ReadToEndAsync().ConfigureAwait(false);
            await sender.WaitForExitAsync().ConfigureAwait(false);
            if (sender.ExitCode != 0)
                throw new CommandFailedException($"storescu failed: {complaint}");
            sender.Dispose();
        }
        return folders.Count * instances / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static IEnumerable<string> Files(string folder, int count) => Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Take(count);
}
