using System.Diagnostics;
using System.Globalization;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Site;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Sync;

namespace Pipeline.Host.Drills;

/// <summary>One member of a drill: this very program as <c>pipeline run</c>, in a process of its own, looked at from outside.</summary>
internal sealed class DrillSite(string name, string dataDirectory, string chain, string configFile, string passphrase, IDrillNetwork network) : IAsyncDisposable
{
    private const int RememberedLines = 200;

    private readonly Queue<string> _lines = new();
    private Process? _process;

    public string Name => name;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The last lines that it printed.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    public ChainJournal Journal => new ChainFolder(dataDirectory, chain).Journal(null);

    public void Start()
    {
        string program = typeof(DrillSite).Assembly.Location;
        var (file, arguments) = network.Place(name, Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, "run", "--config", configFile]);
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[Passphrase.Variable] = passphrase;
        lock (_lines)
            _lines.Clear();
        _process?.Dispose();
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Whether it takes part: it has said where its gateway listens.</summary>
    public bool IsUp => IsRunning && Output.Contains("gateway listens", StringComparison.Ordinal);

    /// <summary>SIGKILL: nothing in flight is saved.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    /// <param name="signal">STOP, CONT or TERM.</param>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().ConfigureAwait(false);
    }

    /// <summary>An orderly stop.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync(TimeSpan patience)
    {
        if (!IsRunning)
            return _process?.ExitCode ?? 0;
        await SignalAsync("TERM").ConfigureAwait(false);
        await _process!.WaitForExitAsync().WaitAsync(patience).ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>Its blocks as an auditor reads them, beside the running site: verified and replayed.</summary>
    /// <param name="fault">Null when the whole journal is good.</param>
    public IReadOnlyList<AppliedBlock> Blocks(out string? fault)
    {
        if (!LedgerReader.TryOpen(Journal, out var reader, out fault))
            return [];
        var blocks = reader.Blocks().ToArray();
        fault = reader.FirstBad is { } bad ? $"record {bad.Record} (height {bad.Height}): {bad.What}" : null;
        return blocks;
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
            await KillAsync().ConfigureAwait(false);
        _process?.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        lock (_lines)
        {
            _lines.Enqueue(line.Data);
            if (_lines.Count > RememberedLines)
                _lines.Dequeue();
        }
    }
}
