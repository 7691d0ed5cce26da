using Pipeline.Host.Site;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Sync;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline chain rerun</c> does.</summary>
internal static class RerunOperation
{
    public static async Task<int> RunAsync(
        string dataDirectory, string chain, string without, string? toFile, Terminal terminal, CancellationToken stop)
    {
        var folder = new ChainFolder(dataDirectory, chain);
        if (toFile is not null && File.Exists(toFile))
            throw new CommandFailedException($"'{toFile}' exists; nothing is overwritten");
        if (!File.Exists(folder.JournalFile))
            throw new CommandFailedException($"there is no journal of chain '{chain}' at '{dataDirectory}'") { ExitCode = ExitCode.Usage };
        if (!LedgerReader.TryOpen(new ChainJournal.Sqlite(folder.JournalFile), out var ledger, out string? fault))
            throw new CommandFailedException($"{folder.JournalFile}: {fault}");
        // A quota of none: what is read is never added to.
        var result = await Task.Run(() => ModelRerun.Run(ledger, new FilePayloadStore(folder.Payloads, long.MaxValue), without), stop);
        terminal.Out.Write(Table(result, without));
        if (result.Model is not { } model)
        {
            terminal.Complain(result.Fault!);
            return ExitCode.Failed;
        }

        if (toFile is not null)
            await File.WriteAllBytesAsync(toFile, model.ToBytes(), stop);
        var before = result.Rounds[^1];
        terminal.Out.WriteLine($"model without '{without}': {model.Digest}{(toFile is null ? "" : $", in {toFile}")}; the chain's is {before.Model}");
        terminal.Out.WriteLine("What this cannot undo:");
        if (result.Beyond.ToArray() is { Length: > 0 } beyond)
        {
            terminal.Out.WriteLine($"- '{without}' contributed to {beyond.Length} rounds before round {result.Rounds.First(r => r.Recomputed).Number}, whose payloads are not here any more: they are in this model too.");
        }

        terminal.Out.WriteLine($"- The other members trained their updates from models that '{without}' had a part in; the updates are taken as they were.");
        terminal.Out.WriteLine("- What went over a bridge to other chains, and the personalized models of the members, stay as they are.");
        return ExitCode.Ok;
    }

    private static Table Table(ModelRerun result, string without)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns("round", "model of the chain", $"'{without}'", "others", "computed again");
        foreach (var round in result.Rounds)
        {
            table.AddRow(
                new Text($"{round.Number}"), new Text(round.Model.Short), new Text(round.Removed ? round.Recomputed ? "left out" : "still in it" : "–"),
                new Text($"{round.Kept}"), new Text(round.Recomputed ? "yes" : round.Why ?? "no"));
        }

        return table;
    }
}
