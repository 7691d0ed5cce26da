using System.Globalization;
using System.Text.Json.Nodes;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Sync;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>Questions to a chain.</summary>
internal sealed partial class LedgerOperations
{
    public Task<int> TransactionAsync(LedgerPlace place, string idOrHeight, string? jsonFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var reader = Open(place);
        if (Find(Until(reader.Blocks(), stop), idOrHeight) is not { } found)
        {
            Finish(reader, terminal);
            terminal.Complain($"chain '{reader.Genesis.Name}' has no block at that height, and no block or transaction whose id begins with '{idOrHeight}'");
            return ExitCode.Failed;
        }

        var json = found.Index < 0 ? LedgerJson.Of(found.Block) : InBlock(found.Block, found.Index);
        terminal.Out.Write(found.Index < 0 ? LedgerTables.Block(found.Block, json) : LedgerTables.Transaction(json));
        LedgerJson.Write(jsonFile, json);
        return ExitCode.Ok;
    }, stop);

    public Task<int> DiffAsync(LedgerPlace a, LedgerPlace b, string? jsonFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        LedgerReader left = Open(a), right = Open(b);
        var difference = LedgerDiff.Compare(left, right);
        LedgerJson.Write(jsonFile, new { difference.Agrees, difference.EqualThrough, difference.A, difference.B, difference.First });
        terminal.Out.Write(LedgerTables.Diff(difference));
        int read = Math.Max(Finish(left, terminal), Finish(right, terminal));
        return difference.Agrees ? read : ExitCode.Failed;
    }, stop);

    public Task<int> ProvenanceAsync(LedgerPlace place, string model, string? jsonFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var reader = Open(place);
        if (!Canonical.TryDecode<LearningGenesis>(reader.Genesis.Application, out var learning, out _))
            throw new CommandFailedException($"chain '{reader.Genesis.Name}' is no learning chain: it has no models");
        var provenance = new LedgerProvenance();
        foreach (var block in Until(reader.Blocks(), stop))
            provenance.Take(block);
        int read = Finish(reader, terminal);
        if (provenance.Find(model) is not { } found)
        {
            terminal.Complain($"{learning.InitialModel}".StartsWith(model, StringComparison.OrdinalIgnoreCase)
                ? $"{learning.InitialModel} is the initial model of chain '{reader.Genesis.Name}', named by its genesis; no institution's data made it"
                : $"chain '{reader.Genesis.Name}' has no final round '{model}' and no final model or backbone whose digest begins so; " +
                    $"it has {provenance.Models.Count} final rounds");
            return ExitCode.Failed;
        }

        var lineage = provenance.LineageOf(found);
        foreach (var part in LedgerTables.Provenance(reader.Genesis.Name, found, lineage, learning))
            terminal.Out.Write(part);
        LedgerJson.Write(jsonFile, new { Chain = reader.Genesis.Name, reader.Genesis.ChainId, Model = found, learning.Policy, learning.InitialModel, Lineage = lineage });
        return read;
    }, stop);

    /// <summary>Digits are a height wherever the chain has come so far; otherwise the first id that begins so, a block's before its transactions'.</summary>
    /// <returns>The transaction's index in its block; −1 for the block itself.</returns>
    private static (AppliedBlock Block, int Index)? Find(IEnumerable<AppliedBlock> blocks, string idOrHeight)
    {
        bool isHeight = long.TryParse(idOrHeight, NumberStyles.None, CultureInfo.InvariantCulture, out long height);
        (AppliedBlock, int)? found = null;
        foreach (var block in blocks)
        {
            if (isHeight && block.Height == height)
                return (block, -1);
            if (found is null && Begins(block.Block.Id))
                found = (block, -1);
            for (int i = 0; found is null && i < block.Block.Transactions.Count; i++)
            {
                if (Begins(block.Block.Transactions[i].Id))
                    found = (block, i);
            }

            if (found is not null && !isHeight)
                break;
        }

        return found;

        bool Begins(Digest id) => $"{id}".StartsWith(idOrHeight, StringComparison.OrdinalIgnoreCase);
    }

    private static JsonObject InBlock(AppliedBlock block, int index)
    {
        var json = LedgerJson.Of(block.Block.Transactions[index], block, index);
        json["height"] = block.Height;
        json["block"] = $"{block.Block.Id}";
        json["time"] = block.Block.Header.Time;
        return json;
    }
}
