using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Pipeline.Tests.Host.Site;

/// <summary>The program itself, in a process of its own: <c>pipeline run --config FILE</c>.</summary>
internal sealed partial class SiteProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private SiteProcess(Process process) => _process = process;

    /// <summary>Both streams so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public int Port => int.Parse(ListensOn().Match(Output).Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>Starts it and waits until it listens or has ended.</summary>
    public static async Task<SiteProcess> StartAsync(string configFile)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(host, [Path.Combine(AppContext.BaseDirectory, "pipeline.dll"), "run", "--config", configFile])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var site = new SiteProcess(new Process { StartInfo = start });
        site._process.OutputDataReceived += site.Keep;
        site._process.ErrorDataReceived += site.Keep;
        site._process.Start();
        site._process.BeginOutputReadLine();
        site._process.BeginErrorReadLine();
        await RunningSite.Until(
            () => site._process.HasExited || ListensOn().IsMatch(site.Output), () => $"the program neither listens nor ends; it printed: {site.Output}");
        return site;
    }

    /// <param name="signal">TERM, INT or KILL.</param>
    public async Task SignalAsync(string signal) => Xunit.Assert.Equal(
        0, (await Tool.RunAsync("kill", $"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture))).ExitCode);

    /// <summary>Whether it inherited a signal as ignored, as a shell's background jobs inherit SIGINT, and those of nohup SIGHUP (signal(7)).</summary>
    public async Task<bool> IgnoresAsync(string signal)
    {
        string status = $"/proc/{_process.Id}/status";
        if (!File.Exists(status))
            return false;
        string ignored = (await File.ReadAllLinesAsync(status)).First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..].Trim();
        int number = signal switch { "HUP" => 1, "INT" => 2, _ => 15 };
        return (ulong.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (number - 1) & 1) != 0;
    }

    /// <summary>Waits for its end.</summary>
    public async Task<int> ExitCodeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }

    [GeneratedRegex(@"listens on [^ ]*:(\d+);")]
    private static partial Regex ListensOn();
}
