using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Xunit;

namespace Pipeline.Tests.Ledger.Journals;

/// <summary>
/// A PostgreSQL server as a peer: the one that PIPELINE_TEST_POSTGRES names by a connection string, or one of our own, made anew from
/// the binaries found on this machine and gone with the tests. Where there is neither, tests say PEER MISSING and check nothing.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime, IDisposable
{
    private const string Variable = "PIPELINE_TEST_POSTGRES";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _log = [];
    private Process? _process;
    private string? _folder;

    /// <summary>Null when there is a server to test against; otherwise what to print.</summary>
    public static string? Missing { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } ? null
        : FindBinaries() is null ? $"PEER MISSING: no PostgreSQL. Install it (Debian package postgresql), or name a server by {Variable}."
        : IsRoot && AccountOf("postgres", "nobody") is null ? "PEER MISSING: PostgreSQL refuses to run as root, and there is no other account."
        : null;

    /// <summary>Of a role that may create schemas and databases.</summary>
    public string ConnectionString { get; private set; } = "";

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            ConnectionString = given;
            return;
        }

        string binaries = FindBinaries()!;
        string password = Guid.NewGuid().ToString("N");
        _folder = Directory.CreateTempSubdirectory("pipeline-postgres-").FullName;
        string data = Path.Combine(_folder, "data"), passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, password);
        if (IsRoot)
            await RunAsync("chown", "-R", AccountOf("postgres", "nobody")!, _folder);
        await RunAsync(AsUser(
            Path.Combine(binaries, "initdb"), "-D", data, "-U", "pipeline", "-A", "scram-sha-256", $"--pwfile={passwordFile}", "--no-locale", "-E", "UTF8",
            "--no-sync"));
        int port = FreePort();
        await StartAsync(AsUser(
            "sh", "-c",
            // The server ends when its standard input does, however these tests end.
            """server=$1; shift; "$server" "$@" & child=$!; cat >/dev/null; kill -INT $child; wait $child""", "sh",
            Path.Combine(binaries, "postgres"), "-D", data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
            "-c", "max_connections=200"));
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = "pipeline",
            Password = password,
            Database = "postgres",
        }.ConnectionString;
    }

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_process is not null)
        {
            _process.StandardInput.Close();
            using var limit = new CancellationTokenSource(Patience);
            await _process.WaitForExitAsync(limit.Token);
        }

        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    public void Dispose() => _process?.Dispose();

    /// <summary>The log says when connections are accepted.</summary>
    private async Task StartAsync(string[] command)
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = Redirected(command) };
        _process.ErrorDataReceived += (_, line) =>
        {
            _log.Enqueue(line.Data ?? "");
            if (line.Data?.Contains("ready to accept connections", StringComparison.Ordinal) == true)
                ready.TrySetResult();
            else if (line.Data is null || line.Data.Contains("FATAL", StringComparison.Ordinal))
                ready.TrySetException(new InvalidOperationException($"PostgreSQL does not start:\n{string.Join('\n', _log)}"));
        };
        _process.Start();
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(Patience);
    }

    private static async Task RunAsync(params string[] command)
    {
        var (exit, text) = await Tool.RunAsync(command[0], command[1..]);
        if (exit != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)}: {text}");
    }

    private static ProcessStartInfo Redirected(string[] command) => new(command[0], command[1..])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
    };

    private static string[] AsUser(params string[] command) =>
        IsRoot ? ["runuser", "-u", AccountOf("postgres", "nobody")!, "--", .. command] : command;

    private static string? AccountOf(params string[] candidates) => candidates.FirstOrDefault(
        name => File.Exists("/etc/passwd") && File.ReadLines("/etc/passwd").Any(line => line.StartsWith(name + ':', StringComparison.Ordinal)));

    /// <summary>The folder that holds both <c>initdb</c> and <c>postgres</c>; the newest of Debian's where none is on the path.</summary>
    private static string? FindBinaries()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(folder => folder.Length > 0);
        const string debian = "/usr/lib/postgresql";
        var packaged = Directory.Exists(debian) ? Directory.GetDirectories(debian).OrderDescending().Select(version => Path.Combine(version, "bin")) : [];
        return path.Concat(packaged).FirstOrDefault(
            folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
