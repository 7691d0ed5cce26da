using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Host.Drills;
using Pipeline.Host.Import;
using Pipeline.Host.Models;
using Pipeline.Host.Site;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Pipeline.Tests.Host.Site;
using Xunit;

namespace Pipeline.Tests.Host.Ceremony;

/// <summary>
/// docs/tutorial/first-consortium.md, command by command: those of this program in this process, all others by a shell. Only the folder and the ports are
/// others than a reader's.
/// </summary>
[Collection("torch")]
public sealed partial class TutorialTests : IAsyncLifetime, IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();
    private readonly Dictionary<string, string> _ports = [];
    private readonly List<RunningJob> _jobs = [];
    private readonly StringBuilder _shell = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => KillAsync();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_command_of_the_first_consortium_works()
    {
        if (OperatingSystem.IsWindows())
            return;
        string text = await File.ReadAllTextAsync(Path.Combine(Repository.Folder("docs"), "tutorial", "first-consortium.md"));
        string[] blocks = [.. Block().Matches(text).Select(match => match.Groups[1].Value)];
        Assert.True(blocks.Length >= 10, $"{blocks.Length} blocks of commands");
        foreach (string line in blocks.SelectMany(block => block.Split('\n')))
            await DoAsync(Here(line));
        await ShellAsync();
        Assert.Equal(6, Directory.GetFiles(_folder.Path, "journal.db", SearchOption.AllDirectories).Length);
    }

    private async Task DoAsync(string line)
    {
        // A here-document is the shell's, whatever stands in it.
        bool inDocument = HereDocument().IsMatch(_shell.ToString());
        if (!inDocument && UntilFile().Match(line) is { Success: true } file)
        {
            await ShellAsync();
            await FileAsync(file.Groups[1].Value);
            return;
        }

        if (inDocument || !(line.StartsWith("pipeline ", StringComparison.Ordinal) || line.StartsWith("until pipeline ", StringComparison.Ordinal) || line.StartsWith("kill ", StringComparison.Ordinal) || line == "wait"))
        {
            _shell.Append(line).Append('\n');
            return;
        }

        await ShellAsync();
        if (line == "wait")
            return;
        if (line.StartsWith("kill ", StringComparison.Ordinal))
            await KillAsync();
        else if (Until().Match(line) is { Success: true } until)
            await WaitAsync(until.Groups[1].Value, until.Groups[2].Value);
        else if (Job().Match(line) is { Success: true } job)
            _jobs.Add(new RunningJob(job.Groups[1].Value.Split(' '), job.Groups[2].Value));
        else
            Assert.True(await RunAsync(line["pipeline ".Length..]) == ExitCode.Ok, $"{line}\n{_terminal.Output}\n{_terminal.Errors}");
    }

    private async Task WaitAsync(string command, string pattern)
    {
        long began = TimeProvider.System.GetTimestamp();
        do
        {
            _terminal.Clear();
            await RunAsync(command);
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(2),
                $"'{command}' never printed '{pattern}', but:\n{_terminal.Output}{_terminal.Errors}\n{string.Join('\n', _jobs.Select(j => j.Output))}");
        }
        while (!Regex.IsMatch(_terminal.Output, pattern));
    }

    private async Task FileAsync(string path)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (!File.Exists(path))
        {
            Assert.False(late.IsCancellationRequested, $"{path} never came:\n{string.Join('\n', _jobs.Select(j => j.Output))}");
            await tick.WaitForNextTickAsync();
        }
    }

    private async Task ShellAsync()
    {
        string script = _shell.ToString();
        _shell.Clear();
        if (script.Trim().Length == 0)
            return;
        foreach (var job in _jobs)
            await File.WriteAllTextAsync(job.LogFile, job.Output);
        var (code, output) = await Tool.RunAsync("bash", "-c", "set -euo pipefail\n" + script);
        Assert.True(code == 0, $"{script}\n{output}");
    }

    private Task<int> RunAsync(string arguments) => CommandLine.InvokeAsync(
        arguments.Split(' '),
        new Operations
        {
            Init = SiteProvisioning.InitAsync,
            Ceremony = new ChainCeremony(),
            Ledger = new LedgerOperations(),
            DrawPhantoms = PhantomRunner.RunAsync,
            SendDicom = DicomNetworkOperations.SendAsync,
            Predict = PredictRunner.RunAsync,
        },
        _terminal.Terminal);

    private async Task KillAsync()
    {
        foreach (var job in _jobs)
            await job.DisposeAsync();
        _jobs.Clear();
    }

    /// <summary>The reader's folder and ports become the test's.</summary>
    private string Here(string line) => Port().Replace(Folder().Replace(line, _folder.Path), match =>
    {
        if (!_ports.TryGetValue(match.Value, out string? port))
            _ports[match.Value] = port = RelayNetwork.FreePort().ToString(CultureInfo.InvariantCulture);
        return port;
    });

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\bconsortium(?=/|$)")]
    private static partial Regex Folder();

    [GeneratedRegex(@"\b(744[12]|1112[123])\b")]
    private static partial Regex Port();

    [GeneratedRegex(@"<<'END'\n(?!(.*\n)*END\n)")]
    private static partial Regex HereDocument();

    [GeneratedRegex("^until pipeline (.*?)(?: 2>/dev/null)? [|] grep -q \"(.*)\"; do sleep 1; done$")]
    private static partial Regex Until();

    [GeneratedRegex("^timeout [0-9]+m sh -c 'until test -f (.*); do sleep 1; done'$")]
    private static partial Regex UntilFile();

    [GeneratedRegex("^pipeline (run .*) >>? (.*) &$")]
    private static partial Regex Job();

    /// <summary>A site in the background.</summary>
    private sealed class RunningJob : IAsyncDisposable
    {
        private readonly TestTerminal _terminal = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<int> _run;

        public RunningJob(string[] arguments, string logFile)
        {
            LogFile = logFile;
            var operations = new Operations { Run = (configuration, terminal, _) => Task.Run(() => SiteRunner.RunAsync(configuration, terminal, _stop.Token)) };
            _run = CommandLine.InvokeAsync(arguments, operations, _terminal.Terminal);
        }

        public string LogFile { get; }

        public string Output => _terminal.Output + _terminal.Errors;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            Assert.True(await _run == ExitCode.Ok, Output);
            _stop.Dispose();
            _terminal.Dispose();
        }
    }
}
