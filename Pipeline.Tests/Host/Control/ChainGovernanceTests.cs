using Pipeline.Host.Commands;
using Pipeline.Host.Control;
using Pipeline.Host.Site;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Host.Commands;
using Pipeline.Tests.Ledger.Consensus;
using Xunit;

namespace Pipeline.Tests.Host.Control;

/// <summary>Operators of three sites at their command lines; the replicas, sockets and votes are real.</summary>
public sealed class ChainGovernanceTests : IAsyncDisposable
{
    private const int A = 0, B = 1, Joiner = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-ctl").FullName;
    private readonly LearningReplicas _chain = new(institutions: 3, founders: 2);
    private readonly List<ControlServer> _servers = [];
    private readonly List<SiteIdentity> _identities = [];

    [Fact]
    public async Task Members_propose_approve_and_let_a_third_one_in_from_the_command_line()
    {
        foreach (int i in (int[])[A, B, Joiner])
            Serve(i);
        foreach (int i in (int[])[A, B, Joiner])
            await _chain.Until(i, b => b.Block.Height == 1);

        Assert.Contains("waits for a block", await Ask(A, "propose", "counter", "pause"));
        await _chain.Until(B, b => b.Outcome.Events.OfType<GovernanceVoted>().Any());
        Assert.Contains("pause: hospital-a (1 of 2)", await Ask(B, "status"));
        await Ask(B, "approve", "counter");
        await _chain.Until(A, b => b.Outcome.Events.OfType<TrainingPaused>().Any());
        Assert.Contains("open, paused", await Ask(A, "status", "counter"));
        Assert.Contains("paused already", await Ask(A, ExitCode.Failed, "propose", "counter", "pause"));
        Assert.Contains("without a passphrase", await Ask(A, ExitCode.Failed, "propose", "counter", "rotate-key"));
        Assert.Contains("nothing is proposed", await Ask(A, ExitCode.Failed, "approve", "counter"));

        Assert.Contains("'hospital-c' is no member and follows", await Ask(Joiner, "status"));
        string application = Path.Combine(_folder, "hospital-c.application");
        await File.WriteAllTextAsync(application, await Ask(Joiner, "apply", "counter"));
        await Ask(A, "propose", "counter", "join", application);
        await _chain.Until(B, b => b.Outcome.Events.OfType<GovernanceVoted>().Any(v => v.Action is GovernanceAction.Join));
        await Ask(B, "approve", "counter", "--of", "hospital-a");
        await _chain.Epoch(1, A, B, Joiner);
        Assert.Contains("epoch 1", await Ask(Joiner, "status"));
        Assert.Contains("is a member of chain 'counter' already", await Ask(Joiner, ExitCode.Failed, "apply", "counter"));

        await Ask(Joiner, "withdraw", "counter", "--erase");
        await _chain.Until(A, b => b.Outcome.Events.OfType<MemberWithdrew>().Any());
        Assert.Contains("withdrawn hospital-c", await Ask(A, "status"));
        Assert.Contains("has not joined chain 'other'", await Ask(A, ExitCode.Failed, "status", "other"));
    }

    [Fact]
    public async Task The_socket_is_the_owners_alone_and_a_site_that_does_not_run_is_named()
    {
        Serve(A);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(ControlSocket.FolderOf(DataOf(A))));
        }

        var refused = await ControlClient.AskAsync(DataOf(A), new ControlRequest("dance", "counter", []), CancellationToken.None);
        Assert.False(refused.Done);
        Assert.Contains("nothing that a site can be asked", refused.Lines[0]);
        foreach (var (verb, words, fault) in new (string, string[], string)[]
        {
            ("withdraw", ["--erase"], "'--erase' is unknown: withdraw takes nothing, or the word 'erase'"), ("withdraw", ["erase", "now"], "'now' is unknown"),
            ("approve", ["--of", "hospital-b"], "'--of' is unknown: approve takes"), ("approve", ["hospital-b", "pause"], "'pause' is unknown"),
            ("apply", ["x"], "'x' is unknown: apply takes nothing"), ("status", ["x"], "'x' is unknown"), ("propose", [null!], "none of them null"),
        })
        {
            var answer = await ControlClient.AskAsync(DataOf(A), new ControlRequest(verb, "counter", words), CancellationToken.None);
            Assert.False(answer.Done);
            Assert.Contains(fault, answer.Lines[0]);
        }

        Assert.Matches("more than|broke off", await Flood(DataOf(A)));
        Directory.CreateDirectory(DataOf(B));
        Assert.Contains("no site answers", await Ask(B, ExitCode.Failed, "status"));
        // A socket that a crash left behind is no obstacle.
        await _servers[0].DisposeAsync();
        _servers.Clear();
        await using var again = ControlServer.Start(DataOf(A), (_, _) => Task.FromResult(new ControlResponse(true, ["here"])));
        Assert.Contains("here", await Ask(A, "status"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _identities.ForEach(identity => identity.Dispose());
        _chain.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A request beyond its bound is answered so, or cut off where it is still being sent.</summary>
    private static async Task<string> Flood(string data)
    {
        try
        {
            var response = await ControlClient.AskAsync(
                data, new ControlRequest("propose", "counter", [new string('x', 2 * ControlRequest.MaxBytes)]), CancellationToken.None);
            Assert.False(response.Done);
            return response.Lines[0];
        }
        catch (CommandFailedException e)
        {
            return e.Message;
        }
    }

    private string DataOf(int i) => Path.Combine(_folder, LearningReplicas.Name(i));

    private void Serve(int i)
    {
        Directory.CreateDirectory(DataOf(i));
        var replica = _chain.Start(i);
        var chain = new GovernedChain(
            _chain.Genesis, replica, () => _chain.View(i),
            new Pipeline.Ledger.Application.TransactionFactory(_chain.Genesis.ChainId, LearningReplicas.Name(i), _chain.Signers[i]));
        var identity = SiteIdentity.Create(DataOf(i), _chain.Signers[i].ExportSeed(), new byte[32]);
        _identities.Add(identity);
        var control = new ChainControl(LearningReplicas.Name(i), new MemberKeyRotation(LearningReplicas.Name(i), DataOf(i), identity, null), () => [chain]);
        _servers.Add(ControlServer.Start(DataOf(i), control.AnswerAsync));
    }

    private Task<string> Ask(int i, params string[] words) => Ask(i, ExitCode.Ok, words);

    private async Task<string> Ask(int i, int code, params string[] words)
    {
        using var terminal = new TestTerminal();
        int result = await CommandLine.InvokeAsync(["chain", .. words, "--data", DataOf(i)], new Operations(), terminal.Terminal);
        Assert.True(result == code, $"{string.Join(' ', words)}: {result}; {terminal.Output}{terminal.Errors}");
        return terminal.Output + terminal.Errors;
    }
}
