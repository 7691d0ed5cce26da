using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Commands;

namespace Pipeline.Host.Benchmarks;

/// <summary>A receiver in a process of its own, with an empty store, listening on a free port of this machine.</summary>
internal sealed class IngestReceiver : IAsyncDisposable
{
    public const string AeTitle = "BENCH";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly string _folder;

    private IngestReceiver(Process process, string folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }

    /// <summary>Resident memory at its highest so far (MB); null where the system does not say.</summary>
    public double? PeakMegabytes
    {
        get
        {
            string status = $"/proc/{_process.Id}/status";
            string? line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) : null;
            return line is null ? null : double.Parse(line["VmHWM:".Length..^"kB".Length], CultureInfo.InvariantCulture) / 1000;
        }
    }

    /// <param name="name">pipeline, storescp or Orthanc.</param>
    /// <returns>Null where it is not installed.</returns>
    public static async Task<IngestReceiver?> StartAsync(string name, string folder, bool noDelay)
    {
        Directory.CreateDirectory(folder);
        int port = FreePort();
        ProcessStartInfo start = name switch
        {
            "pipeline" => Pipeline(folder, port),
            "storescp" => new ProcessStartInfo("storescp", ["--fork", "--max-pdu", "131072", "-aet", AeTitle, "-od", folder, $"{port}"]),
            _ => Orthanc(folder, port),
        };
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        if (noDelay)
            start.Environment["TCP_NODELAY"] = "1";
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return null;
        }
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var receiver = new IngestReceiver(process, folder, port);
        await receiver.AnswersAsync(name).ConfigureAwait(false);
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static ProcessStartInfo Pipeline(string folder, int port)
    {
        string config = Path.Combine(folder, "site.conf");
        File.WriteAllText(config, $$"""
            pipeline.site { name = bench, data-directory = "{{folder}}/data" }
            pipeline.dicom { host = "127.0.0.1", port = {{port}} }
            pipeline.chains.bench { ae-title = {{AeTitle}}, modality = MR }
            akka { loglevel = OFF, stdout-loglevel = OFF }
            """);
        string program = Environment.ProcessPath!;
        string[] arguments = ["run", "--config", config];
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? new ProcessStartInfo(program, [Path.Combine(AppContext.BaseDirectory, "pipeline.dll"), .. arguments])
            : new ProcessStartInfo(program, arguments);
    }

    private static ProcessStartInfo Orthanc(string folder, int port)
    {
        string config = Path.Combine(folder, "orthanc.json");
        File.WriteAllText(config, $$"""
            { "Name": "bench", "StorageDirectory": "{{folder}}", "IndexDirectory": "{{folder}}", "HttpServerEnabled": false, "DicomPort": {{port}},
              "DicomAet": "{{AeTitle}}", "DicomCheckCalledAet": false, "DicomAlwaysAllowStore": true, "Plugins": [] }
            """);
        return new ProcessStartInfo("Orthanc", [config]);
    }

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task AnswersAsync(string name)
    {
        var settings = new AssociationSettings("127.0.0.1", Port, AeTitle, "BENCH-SCU", [], Patience);
        for (long began = Stopwatch.GetTimestamp(); !_process.HasExited && Stopwatch.GetElapsedTime(began) < Patience;)
        {
            var requested = await DicomAssociation.RequestAsync(settings).ConfigureAwait(false);
            if (requested.Ok)
            {
                await requested.Value.ReleaseAsync().ConfigureAwait(false);
                return;
            }
            await Task.Delay(Poll).ConfigureAwait(false);
        }
        throw new CommandFailedException($"{name} does not come up on port {Port}");
    }
}
