using System.Globalization;
using System.Text.Json.Nodes;
using Pipeline.Host.Reporting;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Ledger.Sync;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pipeline.Host.Commands;

/// <summary>What the ledger commands print: 80 columns suffice, and a digest is shown by its beginning where a person only compares.</summary>
internal static class LedgerTables
{
    private const int ShownRounds = 12;

    // Said above the tree already, or of no use to the eye.
    private static readonly string[] Unshown = ["type", "kind", "sender", "signature", "event"];

    public static Table Blocks(IEnumerable<AppliedBlock> blocks)
    {
        var table = New().AddColumn(Right("Height")).AddColumn(Left("Time (UTC)")).AddColumn(Left("Block")).AddColumn("What happened");
        List<AppliedBlock> idle = [];
        foreach (var block in blocks)
        {
            string[] happened = [.. Happened(block)];
            if (happened.Length == 0)
            {
                idle.Add(block);
                continue;
            }

            AddIdle();
            Add(block, happened);
        }

        AddIdle();
        return table;

        void Add(AppliedBlock block, params string[] happened) => table.AddRow(
            new Text($"{block.Height}"), new Text(Time(block.Block.Header.Time)), new Text(block.Block.Id.Short), new Text(string.Join('\n', happened)));

        void AddIdle()
        {
            if (idle.Count > 2)
                table.AddRow(new Text("…"), new Text(""), new Text(""), new Text($"{Quantities.Count(idle.Count - 1)} empty blocks"));
            else if (idle.Count == 2)
                Add(idle[0], "–");
            if (idle.Count > 0)
                Add(idle[^1], "–");
            idle.Clear();
        }

        static IEnumerable<string> Happened(AppliedBlock block)
        {
            var transactions = block.Block.Transactions.Select((t, i) => (t.Sender, Name: LearningTransactions.NameOf(t.Kind), block.Outcome?.Receipts[i].Refusal));
            foreach (var group in transactions.GroupBy(t => (t.Name, t.Refusal)))
            {
                yield return $"{group.Key.Name}: {string.Join(", ", group.Select(t => t.Sender))}" +
                    (group.Key.Refusal is { } refusal ? $" (refused: {refusal})" : "");
            }

            foreach (var happened in block.Outcome?.Events ?? [])
                yield return "→ " + Words(happened.GetType().Name);
            if (block.Block.Evidence.Count > 0)
                yield return $"evidence against {block.Block.Evidence.Count} double signatures";
        }
    }

    public static Tree Block(AppliedBlock block, JsonObject json)
    {
        var header = block.Block.Header;
        var tree = new Tree($"block [bold]{block.Height}[/]");
        tree.AddNode(new Text($"id {header.Id}"));
        tree.AddNode(new Text($"time {Time(header.Time)} UTC, proposed by {block.Members[header.Proposer].Id}"));
        tree.AddNode(new Text(
            $"decided in round {block.Committed.Certificate.Round} by {string.Join(", ", LedgerJson.Signers(block.Committed.Certificate, block.Members))}"));
        tree.AddNode(new Text($"parent {header.Parent.Short}, state before it {header.StateRoot.Short}"));
        foreach (var transaction in json["transactions"]!.AsArray())
            Add(tree.AddNode(new Text($"{transaction!["kind"]} of {transaction["sender"]}")), transaction);
        foreach (var happened in json["events"]!.AsArray())
            Add(tree.AddNode(new Text($"→ {Words($"{happened!["event"]}")}")), happened);
        return tree;
    }

    public static Tree Transaction(JsonObject json)
    {
        var tree = new Tree(new Text($"{json["kind"]} of {json["sender"]}"));
        tree.AddNode(new Text($"id {json["id"]}"));
        tree.AddNode(new Text($"in block {json["height"]} at {Time((long)json["time"]!)} UTC"));
        tree.AddNode(new Text(json["refusal"] is { } refusal ? $"refused: {refusal}" : "took effect"));
        Add(tree.AddNode("body"), json["body"]);
        return tree;
    }

    public static IRenderable Diff(JournalDifference difference)
    {
        var (a, b) = (difference.A, difference.B);
        var sides = New().AddColumn("").AddColumn(Left("Chain")).AddColumn(Left("Member")).AddColumn(Right("Height")).AddColumn("Journal");
        foreach (var (name, side) in (ReadOnlySpan<(string, JournalDifference.Side)>)[("A", a), ("B", b)])
        {
            string height = difference.First is { Height: 0 } ? "–" : Quantities.Count(side.Height);
            sides.AddRow(new Text(name), new Text(side.Chain), new Text(side.Member), new Text(height), new Text(side.Journal));
        }

        if (difference.First is not { } first)
        {
            string ahead = a.Height == b.Height ? "" : $"; {(a.Height > b.Height ? "A" : "B")} is {Math.Abs(a.Height - b.Height)} blocks ahead";
            return new Rows(sides, new Text($"the same blocks up to height {difference.EqualThrough}{ahead}"));
        }

        var fields = New().AddColumn("Field").AddColumn("A").AddColumn("B");
        foreach (var field in first.Fields)
            fields.AddRow(new Text(field.Name), new Text(field.A), new Text(field.B));
        var said = new Text(first.Height == 0
            ? "these are two chains: their genesis differs"
            : $"the same blocks up to height {difference.EqualThrough}; at height {first.Height} they differ: A has {first.A.Short}, B has {first.B.Short}");
        return first.SignedBoth.Count == 0
            ? new Rows(sides, said, fields)
            : new Rows(sides, said, fields, new Text($"both are decided: the chain forked, and {string.Join(", ", first.SignedBoth)} signed both"));
    }

    public static IEnumerable<IRenderable> Provenance(
        string chain, ModelProvenance model, IReadOnlyList<ModelProvenance> lineage, LearningGenesis genesis)
    {
        yield return new Text(
            $"""
            model    {model.Model}
            made by  round {model.Round} of chain {chain}, final at height {model.Height}
            from     {(model.Base == genesis.InitialModel ? "the initial model of the genesis" : $"the model of round {lineage[1].Round}")}, {model.Base.Short}
            attested {string.Join(", ", model.AttestedBy)}
            policy   {Policy(genesis.Policy)}
            privacy  no budget is declared on this chain
            """);
        yield return new Rows(Text.Empty, Text.Empty);
        var updates = New($"What went into round {model.Round}").AddColumn(Left("Update of")).AddColumn(Left("Payload")).AddColumn(Right("Size"))
            .AddColumn(Right("Height")).AddColumn("Held and checked by");
        foreach (var update in model.Updates)
        {
            updates.AddRow(
                new Text(update.Member), new Text(update.Payload.Short), new Text(Quantities.Bytes(update.Bytes)), new Text(Quantities.Count(update.Height)),
                new Text(string.Join(", ", update.AckedBy)));
        }

        yield return updates;
        if (model.Auxiliary is { } packet)
            yield return new Rows(new Text(Packet(packet)));
        yield return Rounds(lineage);
        yield return Institutions(lineage);
    }

    public static Table Backup(BackupManifest manifest)
    {
        var table = New().AddColumn(Left("Chain")).AddColumn(Left("Member")).AddColumn(Right("Height")).AddColumn(Right("Records")).AddColumn(Right("Payloads"));
        foreach (var chain in manifest.Chains)
        {
            table.AddRow(
                new Text(chain.Name), new Text(chain.Member), new Text(Quantities.Count(chain.Height)), new Text(Quantities.Count(chain.Records)),
                new Text(Quantities.Count(chain.Payloads.Count)));
        }

        return table;
    }

    private static Table Rounds(IReadOnlyList<ModelProvenance> lineage)
    {
        var table = New("Rounds that the model descends from").AddColumn(Right("Round")).AddColumn(Left("Model")).AddColumn(Right("Height"))
            .AddColumn("Updates of").AddColumn("With");
        foreach (var round in lineage.Take(ShownRounds))
        {
            table.AddRow(
                new Text($"{round.Round}"), new Text(round.Model.Short), new Text(Quantities.Count(round.Height)),
                new Text(string.Join(", ", round.Updates.Select(u => u.Member))),
                new Text(round.Auxiliary is { Content: var c } ? $"packet {c.Sequence} of {c.SourceName}" : ""));
        }

        if (lineage.Count > ShownRounds)
            table.AddRow(new Text("…"), new Text($"{lineage.Count - ShownRounds} more"), new Text(""), new Text("--json lists them all"), new Text(""));
        return table;
    }

    private static Table Institutions(IReadOnlyList<ModelProvenance> lineage)
    {
        var table = New("Institutions").AddColumn(Left("Institution")).AddColumn(Right("Updates")).AddColumn(Right("Bytes"));
        foreach (var institution in lineage.SelectMany(round => round.Updates).GroupBy(update => update.Member).OrderBy(group => group.Key, StringComparer.Ordinal))
            table.AddRow(new Text(institution.Key), new Text($"{institution.Count()} of {lineage.Count}"), new Text(Quantities.Bytes(institution.Sum(u => u.Bytes))));
        return table;
    }

    private static string Policy(RoundPolicy p) => string.Create(CultureInfo.InvariantCulture,
        $"{p.Quorum} updates make a round; norm at most {(double)p.MaxNorm / RoundPolicy.One:0.###}, {p.DensityPpm / 1e4:0.##} % of the backbone");

    private static string Packet(ModelProvenance.Packet packet)
    {
        var c = packet.Content;
        string auc = c.AucPpm < 0 ? "no metrics" : $"AUC {Quantities.Auc(c.AucPpm / 1e6)}";
        return string.Create(CultureInfo.InvariantCulture,
            $"blended with weight {(double)packet.AlphaQ16 / RoundPolicy.One:0.###}: packet {c.Sequence} of chain {c.SourceName}, the backbone {c.Payload.Short} " +
            $"of its round {c.Round} ({c.Contributors} contributors, {auc}); it came in block {packet.Height}, accepted by {string.Join(", ", packet.AcceptedBy)}");
    }

    /// <summary>JSON as a tree; long hexadecimal by its beginning, a list of signed words by who spoke.</summary>
    private static void Add(IHasTreeNodes at, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject json:
                foreach (var (name, value) in json.Where(field => !Unshown.Contains(field.Key) && field is not { Key: "refusal", Value: null }))
                {
                    if (value is JsonObject or JsonArray { Count: > 0 })
                        Add(at.AddNode(new Text(Words(name))), value);
                    else
                        at.AddNode(new Text($"{Words(name)}: {Short(value)}"));
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    if (item is JsonObject o && o["member"] is { } member)
                        at.AddNode(new Text($"{member}"));
                    else if (item is JsonObject or JsonArray)
                        Add(at.AddNode("·"), item);
                    else
                        at.AddNode(new Text(Short(item)));
                }

                break;
            default:
                at.AddNode(new Text(Short(node)));
                break;
        }
    }

    private static string Short(JsonNode? value) => value switch
    {
        null or JsonArray => "–",
        _ when $"{value}" is { Length: >= 64 } text && text.All(char.IsAsciiHexDigit) => $"{text[..16]}… ({text.Length / 2} bytes)",
        _ => $"{value}",
    };

    /// <summary>"RoundFinalized" and "payloadBytes" as words.</summary>
    private static string Words(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : " ") + char.ToLowerInvariant(c) : $"{c}"));

    private static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static Table New(string? title = null)
    {
        var table = new Table().Border(TableBorder.Rounded);
        if (title is not null)
            table.Title = new TableTitle(Markup.Escape(title), new Style(decoration: Decoration.Bold));
        return table;
    }

    private static TableColumn Left(string header) => new TableColumn(Markup.Escape(header)).NoWrap();

    private static TableColumn Right(string header) => Left(header).RightAligned();
}
