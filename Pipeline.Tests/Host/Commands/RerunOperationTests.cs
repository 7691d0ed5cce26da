using Pipeline.Host.Commands;
using Pipeline.Host.Site;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Ledger.Rounds;
using Pipeline.Tests.Ledger.Sync;
using Xunit;

namespace Pipeline.Tests.Host.Commands;

/// <summary><c>pipeline chain rerun</c> on a site's folder with journal and payloads.</summary>
public sealed class RerunOperationTests : IDisposable
{
    private const string Without = "hospital-2";

    private static readonly TestChain Chain = new(policy: TestChain.Policy with { Rounds = 5 });

    private readonly TestFolder _folder = new();
    private readonly ChainFolder _chain;
    private readonly FilePayloadStore _store;
    private readonly PlayedRounds _played;

    public RerunOperationTests()
    {
        _chain = new ChainFolder(_folder.Path, Chain.Genesis.Name);
        Directory.CreateDirectory(_chain.Root);
        _store = new FilePayloadStore(_chain.Payloads, long.MaxValue);
        _played = new PlayedRounds(Chain, _store);
    }

    private string Model => Path.Combine(_folder.Path, "without.model");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_model_is_written_and_what_stays_is_said()
    {
        await PlayAsync(2);
        string text = await Rerun(ExitCode.Ok, Without, "--to", Model);

        var expected = _played.Without(Without);
        Assert.Contains($"model without '{Without}': {expected.Digest}", text);
        Assert.Contains($"the chain's is {_played.Models[^1].Digest}", text);
        Assert.Contains("The other members trained their updates from models", text);
        Assert.DoesNotContain("whose payloads are not here", text);
        var written = FixedPointModel.TryFromBytes(Chain.Learning.Layout, await File.ReadAllBytesAsync(Model), out string? error);
        Assert.True(written is not null, error);
        Assert.Equal(expected.Digest, written.Digest);

        Assert.Contains("nothing is overwritten", await Rerun(ExitCode.Failed, Without, "--to", Model));
        Assert.Contains("never was a member", await Rerun(ExitCode.Failed, "hospital-9"));
    }

    [Fact]
    public async Task Rounds_that_keep_the_member_are_counted_and_nothing_is_written_without_a_model()
    {
        await PlayAsync(2);
        _store.Delete(_played.Closed[0].Contributions[0].Payload);
        string text = await Rerun(ExitCode.Ok, Without);
        Assert.Contains($"'{Without}' contributed to 1 rounds before round 2, whose payloads are not here any more", text);
        Assert.Contains(_played.Without(Without, first: 1).Digest.ToString(), text);

        _store.Delete(_played.Closed[1].Contributions[0].Payload);
        Assert.Contains("nothing can be computed again", await Rerun(ExitCode.Failed, Without, "--to", Model));
        Assert.False(File.Exists(Model));
    }

    [Fact]
    public async Task A_folder_without_the_chain_and_a_damaged_journal_are_named()
    {
        Assert.Contains($"no journal of chain '{Chain.Genesis.Name}'", await Rerun(ExitCode.Usage, Without));
        await File.WriteAllTextAsync(_chain.JournalFile, "no journal");
        Assert.Contains(_chain.JournalFile, await Rerun(ExitCode.Failed, Without));
    }

    private async Task PlayAsync(int rounds)
    {
        _played.Play(rounds);
        await _played.WriteAsync(_chain.JournalFile);
    }

    private async Task<string> Rerun(int code, string without, params string[] more)
    {
        using var terminal = new TestTerminal();
        int result = await CommandLine.InvokeAsync(
            ["chain", "rerun", "--without", without, "--data", _folder.Path, "--chain", Chain.Genesis.Name, .. more], new Operations { Rerun = RerunOperation.RunAsync },
            terminal.Terminal);
        string text = (terminal.Output + terminal.Errors).ReplaceLineEndings(" ");
        Assert.True(result == code, $"{result}: {text}");
        return text;
    }
}
