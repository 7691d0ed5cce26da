using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline dicom echo</c> and <c>pipeline dicom send</c> do.</summary>
internal static class DicomNetworkOperations
{
    /// <summary>Contexts of one association beside Verification (PS3.8 9.3.2.2 has 128 odd numbers).</summary>
    private const int MaxProposals = 127;

    public static async Task<int> EchoAsync(DicomPeerRequest peer, Terminal terminal, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        Outcome<DicomAssociation> requested = await DicomAssociation.RequestAsync(peer.Association()).WaitAsync(stop).ConfigureAwait(false);
        if (!requested.Ok)
            throw new CommandFailedException(requested.Fault.Message);
        await using DicomAssociation association = requested.Value;
        Outcome<DimseStatus> answer = await association.EchoAsync().WaitAsync(stop).ConfigureAwait(false);
        await association.ReleaseAsync().ConfigureAwait(false);
        if (!answer.Ok)
            throw new CommandFailedException(answer.Fault.Message);
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{peer.CalledAe} at {peer.Host}:{peer.Port} answers {answer.Value} after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms"));
        return answer.Value.IsSuccess ? ExitCode.Ok : ExitCode.Failed;
    }

    public static async Task<int> SendAsync(DicomSendRequest request, Terminal terminal, CancellationToken stop)
    {
        var files = new List<(string Path, OutgoingInstance Instance)>();
        int unreadable = 0;
        foreach (string path in request.Paths.SelectMany(DicomInspectOperation.FilesUnder))
        {
            stop.ThrowIfCancellationRequested();
            Outcome<OutgoingInstance> read = OutgoingFile.Read(path);
            if (read.Ok)
                files.Add((path, read.Value));
            else
            {
                unreadable++;
                terminal.Complain($"{path}: {read.Fault}");
            }
        }
        if (files.Count == 0)
            throw new CommandFailedException("there is no DICOM file to send");
        IReadOnlyList<(string, IReadOnlyList<string>)> proposals = StorageScu.Proposals(files.Select(file => file.Instance));
        if (proposals.Count > MaxProposals)
            throw new CommandFailedException($"the files have {proposals.Count} kinds of class and syntax, an association takes {MaxProposals}; send them in parts");
        AssociationSettings settings = request.Peer.Association() with { Proposals = proposals, MaxOperations = request.Window };
        if (request.Commit)
            settings = settings with { Proposals = [.. proposals.Take(MaxProposals - 1), (SopClasses.StorageCommitment, [.. DicomMessageSyntaxes])] };

        using ActorSystem system = ActorSystem.Create("dicom-send", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }"));
        var sending = new Sending(request, settings, files, system.Materializer(), terminal);
        long began = Stopwatch.GetTimestamp();
        await ProgressAsync(sending, files.Count, terminal, stop).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{sending.Taken} of {files.Count + unreadable} files were taken in {seconds:F1} s ({sending.Taken / seconds:F0}/s)"));
        return sending.Taken == files.Count + unreadable && sending.Committed ? ExitCode.Ok : ExitCode.Failed;
    }

    private static IReadOnlyList<string> DicomMessageSyntaxes { get; } = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"];

    private static async Task ProgressAsync(Sending sending, int count, Terminal terminal, CancellationToken stop)
    {
        if (!terminal.Out.Profile.Out.IsTerminal)
        {
            await sending.RunAsync(() => { }, stop).ConfigureAwait(false);
            return;
        }
        await terminal.Out.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask("sending", maxValue: count);
                await sending.RunAsync(() => bar.Increment(1), stop).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    /// <summary>One run over all associations.</summary>
    private sealed class Sending(
        DicomSendRequest request, AssociationSettings settings, IReadOnlyList<(string Path, OutgoingInstance Instance)> files,
        IMaterializer materializer, Terminal terminal)
    {
        private int _taken;

        public int Taken => _taken;

        /// <summary>Nothing of storage commitment failed; true where it was not asked for.</summary>
        public bool Committed { get; private set; } = true;

        public Task RunAsync(Action advanced, CancellationToken stop)
        {
            int associations = Math.Min(request.Associations, files.Count);
            return Task.WhenAll(Enumerable.Range(0, associations)
                .Select(a => RunAsync([.. files.Where((_, i) => i % associations == a)], advanced, stop)));
        }

        private async Task RunAsync((string Path, OutgoingInstance Instance)[] share, Action advanced, CancellationToken stop)
        {
            Outcome<DicomAssociation> requested = await DicomAssociation.RequestAsync(settings).ConfigureAwait(false);
            if (!requested.Ok)
            {
                terminal.Complain(requested.Fault.Message);
                return;
            }
            await using DicomAssociation association = requested.Value;
            var paths = new Queue<string>(share.Select(file => file.Path));
            var kept = new List<SopReference>();
            await Source.From(share.Select(file => file.Instance)).TakeWhile(_ => !stop.IsCancellationRequested)
                .Via(StorageScu.Flow(association))
                .RunForeach(sent =>
                {
                    string path = paths.Dequeue();
                    if (sent.Answer is { Ok: true, Value.IsKept: true })
                    {
                        Interlocked.Increment(ref _taken);
                        kept.Add(new SopReference(sent.Instance.SopClassUid, sent.Instance.SopInstanceUid));
                    }
                    if (sent.Answer is not { Ok: true, Value.IsSuccess: true })
                        terminal.Complain($"{path}: {(sent.Answer.Ok ? sent.Answer.Value.ToString() : sent.Answer.Fault.Message)}");
                    advanced();
                }, materializer).ConfigureAwait(false);
            if (request.Commit && kept.Count > 0 && !stop.IsCancellationRequested)
                await CommitAsync(association, kept).ConfigureAwait(false);
            await association.ReleaseAsync().ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }

        private async Task CommitAsync(DicomAssociation association, List<SopReference> kept)
        {
            string transaction = "2.25." + new System.Numerics.BigInteger(Guid.NewGuid().ToByteArray(), isUnsigned: true);
            Outcome<DimseStatus> asked = await association.RequestCommitmentAsync(transaction, kept).ConfigureAwait(false);
            if (asked is not { Ok: true, Value.IsSuccess: true })
            {
                Committed = false;
                terminal.Complain($"storage commitment: {(asked.Ok ? asked.Value.ToString() : asked.Fault.Message)}");
                return;
            }
            try
            {
                CommitmentReport report = await association.Reports.ReadAsync().AsTask().WaitAsync(settings.Timeout).ConfigureAwait(false);
                Committed &= report.Missing.Count == 0;
                terminal.Out.WriteLine($"storage commitment: {report.Held.Count} held, {report.Missing.Count} not");
            }
            catch (Exception error) when (error is TimeoutException or System.Threading.Channels.ChannelClosedException)
            {
                Committed = false;
                terminal.Complain($"storage commitment: no report on this association within {settings.Timeout.TotalSeconds:F0} s; the peer may send it on one of its own");
            }
        }
    }
}
