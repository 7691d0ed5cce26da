using System.Text.Json.Nodes;
using Pipeline.Host.Commands;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Pipeline.Tests.Ledger.Sync;
using Spectre.Console;
using Xunit;

namespace Pipeline.Tests.Host.Commands;

/// <summary>What a person sees of a chain: it fits 80 columns and says everything; the JSON says it to a program.</summary>
public sealed class LedgerOperationsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-ops-").FullName;
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly LedgerOperations _operations = new();

    private string Data => Path.Combine(_folder, "data");

    private string JsonFile => Path.Combine(_folder, "result.json");

    private LedgerPlace Place => new(Data, "chest");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _out.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Show_prints_every_block_and_gathers_the_empty_ones()
    {
        await Journal();

        Assert.Equal(0, await _operations.ShowAsync(Place, Terminal(), default));

        Fits();
        Says("chain chest", "hospital-0, hospital-1, hospital-2, hospital-3; a quorum is 3", "contribution: hospital-0", "→ round finalized", "4 empty blocks",
            "(refused: ");
    }

    [Fact]
    public async Task Export_writes_the_genesis_and_every_block_with_decoded_transactions_and_certificates()
    {
        var ledger = await Journal();
        string file = Path.Combine(_folder, "chest.jsonl");

        Assert.Equal(0, await _operations.ExportAsync(Place, file, Terminal(), default));

        var lines = (await File.ReadAllLinesAsync(file)).Select(line => JsonNode.Parse(line)!.AsObject()).ToArray();
        Assert.Equal(["genesis", .. ledger.Blocks.Select(_ => "block")], lines.Select(line => $"{line["type"]}"));
        Assert.Equal((ledger.Chain.Id.ToString(), "DX"), ($"{lines[0]["chainId"]}", $"{lines[0]["application"]!["task"]!["modality"]}"));
        Assert.Equal(ledger.Blocks.Select(b => $"{b.Block.Id}"), lines.Skip(1).Select(line => $"{line["id"]}"));
        Assert.All(lines.Skip(1), line => Assert.Equal(["hospital-0", "hospital-1", "hospital-2"], line["certificate"]!["signers"]!.AsArray().Select(s => $"{s}")));
        var transactions = lines.Skip(1).SelectMany(line => line["transactions"]!.AsArray()).ToArray();
        Assert.Equal(ledger.Blocks.SelectMany(b => b.Block.Transactions).Select(t => $"{t.Id}"), transactions.Select(t => $"{t!["id"]}"));
        Assert.All(transactions, t => Assert.IsType<JsonObject>(t!["body"]));
        Assert.Equal(["contribution", "attestation", "metrics", "governance vote"], transactions.Select(t => $"{t!["kind"]}").Distinct());
        Assert.Equal("pause", $"{transactions.Last(t => $"{t!["kind"]}" == "governance vote")!["body"]!["action"]!["action"]}");
        Assert.Contains(transactions, t => t!["refusal"] is not null);
        Assert.Contains(lines.SelectMany(line => line["events"]?.AsArray() ?? []), e => $"{e!["event"]}" == "roundFinalized" && $"{e["model"]}".Length == 64);
        await Assert.ThrowsAsync<CommandFailedException>(() => _operations.ExportAsync(Place, file, Terminal(), default));
    }

    [Fact]
    public async Task A_transaction_and_a_block_are_found_and_told()
    {
        var ledger = await Journal();
        var transaction = ledger.Blocks[1].Block.Transactions[2];

        Assert.Equal(0, await _operations.TransactionAsync(Place, $"{transaction.Id}"[..9], JsonFile, Terminal(), default));
        Fits();
        Says("contribution of hospital-2", $"{transaction.Id}", "in block 2", "took effect", "round: 1", "payload bytes: 100");
        Assert.Equal((2, $"{transaction.Id}"), ((int)Json()["height"]!, $"{Json()["id"]}"));

        foreach (string named in (string[])["3", $"{ledger.Blocks[2].Block.Id}"[..12]])
        {
            _out.GetStringBuilder().Clear();
            Assert.Equal(0, await _operations.TransactionAsync(Place, named, JsonFile, Terminal(), default));
            Fits();
            Says("block 3", $"{ledger.Blocks[2].Block.Id}", "attestation of hospital-1", "→ round finalized");
            Assert.Equal($"{ledger.Blocks[2].Block.Id}", $"{Json()["id"]}");
        }

        Assert.Equal(1, await _operations.TransactionAsync(Place, "ffffffffff", null, Terminal(), default));
        Assert.Contains("no block at that height", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Provenance_names_institutions_policy_and_earlier_rounds()
    {
        var ledger = await Journal();

        Assert.Equal(0, await _operations.ProvenanceAsync(Place, "2", JsonFile, Terminal(), default));

        Fits();
        Says($"{TestChain.Named("model 2")}", "round 2 of chain chest, final at height 5", "the model of round 1", "norm at most 10, 10 % of the backbone",
            "no budget is declared", "hospital-3", "2 of 2");
        Assert.Equal((2, 2, 4), ((int)Json()["model"]!["round"]!, Json()["lineage"]!.AsArray().Count, Json()["model"]!["updates"]!.AsArray().Count));
        Assert.Equal(10 * RoundPolicy.One, (long)Json()["policy"]!["maxNorm"]!);

        Assert.Equal(1, await _operations.ProvenanceAsync(Place, "7", null, Terminal(), default));
        Assert.Contains("it has 2 final rounds", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await _operations.ProvenanceAsync(Place, $"{ledger.Chain.InitialModel.Digest}", null, Terminal(), default));
        Assert.Contains("no institution's data made it", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_says_where_two_journals_part()
    {
        var ledger = await Journal();
        string other = Path.Combine(_folder, "other", "journal.db");
        var fork = new LearningLedger(ledger.Chain);
        fork.Step();
        fork.PlayRound("forged");
        await fork.WriteAsync(other, seat: 1);

        Assert.Equal(0, await _operations.DiffAsync(Place, Place, JsonFile, Terminal(), default));
        Says("the same blocks up to height 12");
        Assert.True((bool)Json()["agrees"]!);

        Assert.Equal(1, await _operations.DiffAsync(Place, new LedgerPlace(other), JsonFile, Terminal(), default));
        Fits();
        Says("at height 3 they differ", "transactions root", "hospital-0, hospital-1, hospital-2 signed both");
        Assert.Equal((3, 2), ((int)Json()["first"]!["height"]!, (int)Json()["equalThrough"]!));
    }

    [Fact]
    public async Task Verify_reports_each_journal_and_takes_a_trusted_header()
    {
        var ledger = await Journal();

        Assert.Equal(0, await _operations.VerifyAsync(new LedgerPlace(Data), $"{ledger.Blocks[4].Block.Id}", JsonFile, Terminal(), default));
        Says("chain chest, member hospital-0, height 12, 13 records");
        var report = Json(JsonNode.Parse(await File.ReadAllTextAsync(JsonFile))!.AsArray()[0]!);
        Assert.Equal((true, 12, $"{ledger.Chain.Id}"), ((bool)report["ok"]!, (int)report["height"]!, $"{report["chainId"]}"));
        Assert.Equal(1, await _operations.VerifyAsync(new LedgerPlace(Data), $"{TestChain.Named("x")}", null, Terminal(), default));
        Says("BAD", "is not in this journal");
        Assert.Equal(ExitCode.Usage, (await Assert.ThrowsAsync<CommandFailedException>(
            () => _operations.VerifyAsync(new LedgerPlace(Data), "xyz", null, Terminal(), default))).ExitCode);
    }

    [Fact]
    public async Task Backup_and_restore_by_a_site_s_configuration()
    {
        await Journal();
        string file = Path.Combine(_folder, "backup.tar"), configuration = Path.Combine(_folder, "site.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            pipeline.site { name = hospital-0, data-directory = "{{Path.Combine(_folder, "restored")}}" }
            pipeline.chains.chest.ae-title = CHEST
            """);

        Assert.Equal(0, await _operations.BackupAsync(new LedgerPlace(Data), file, Terminal(), default));
        Assert.Equal(0, await _operations.RestoreAsync(file, configuration, false, Terminal(), default));

        Fits();
        Says("signs nothing until the chain has passed");
        Assert.Equal(0, await _operations.VerifyAsync(new LedgerPlace(configuration), null, null, Terminal(), default));
        Says("height 12, 14 records");
    }

    /// <summary>Two rounds, metrics, a pause, a refused transaction and some empty blocks: 12 in all.</summary>
    private async Task<LearningLedger> Journal()
    {
        var ledger = new LearningLedger(new TestChain());
        ledger.Step();
        ledger.PlayRound();
        ledger.PlayRound();
        var late = ledger.Chain.Factories[0].Create(new Metrics(9, 700_000, 5));
        ledger.Step([ledger.Chain.Factories[1].Create(new Metrics(2, 700_000, 5)), late]);
        ledger.Step([.. ledger.Chain.Factories.Take(3).Select(f => f.Create(new GovernanceVote(1, new GovernanceAction.Pause())))]);
        for (int i = 0; i < 5; i++)
            ledger.Step();
        await ledger.WriteAsync(Path.Combine(Data, "chains", "chest", "journal.db"));
        return ledger;
    }

    private void Fits() => Assert.All(_out.ToString().Split('\n'), line => Assert.True(line.TrimEnd('\r').Length <= 80, line));

    /// <summary>Wherever the lines were broken.</summary>
    private void Says(params string[] texts)
    {
        string said = string.Join(' ', _out.ToString().Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
        Assert.All(texts, text => Assert.Contains(text, said, StringComparison.Ordinal));
    }

    private JsonObject Json() => Json(JsonNode.Parse(File.ReadAllText(JsonFile))!);

    private static JsonObject Json(JsonNode node) => node.AsObject();

    private Terminal Terminal()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(_out),
        });
        console.Profile.Width = 80;
        return new Terminal(console, _error);
    }
}
