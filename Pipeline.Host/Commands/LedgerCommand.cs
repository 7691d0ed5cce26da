using System.CommandLine;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline ledger …</c>: what can be done with journals alone.</summary>
internal static class LedgerCommand
{
    public static Command Create(ILedgerOperations operations, Terminal terminal) =>
        new("ledger", "Looks at chains from their journals alone: no site needs to run.")
        {
            Verify(operations, terminal),
            Show(operations, terminal),
            Transaction(operations, terminal),
            Provenance(operations, terminal),
            Diff(operations, terminal),
            Export(operations, terminal),
            Backup(operations, terminal),
            Restore(operations, terminal),
        };

    private static DocumentedCommand Verify(ILedgerOperations operations, Terminal terminal)
    {
        var source = Source("SOURCE");
        var chain = ChainOption();
        var trusted = new Option<string>("--from-header")
        {
            Description =
                "A block that you know to be the chain's: its id, or a file with its id or header. Blocks up to it are checked by their hashes alone, " +
                "those above it in full.",
            HelpName = "HASH|FILE",
        };
        var json = Json();
        var command = new DocumentedCommand("verify",
            "Checks every record, hash, signature, quorum certificate and state of every journal, and names the first wrong record. Exit code 1 when there is one.",
            """
            pipeline ledger verify data/north-hospital
            pipeline ledger verify hocon/site.conf --chain chest-xray
            pipeline ledger verify demo-out --json findings.json
            """) { source, chain, trusted, json };
        command.SetAction((parsed, stop) => operations.VerifyAsync(
            new LedgerPlace(parsed.GetRequiredValue(source), parsed.GetValue(chain)), parsed.GetValue(trusted), Absolute(parsed.GetValue(json)), terminal,
            stop));
        return command;
    }

    private static DocumentedCommand Show(ILedgerOperations operations, Terminal terminal)
    {
        var chain = new Argument<string>("CHAIN") { Description = "Name of a chain." };
        RequireChainName(chain);
        var data = Data();
        var command = new DocumentedCommand("show",
            "Prints a chain's blocks and what their transactions did.",
            """
            pipeline ledger show chest-xray --data data/north-hospital
            """) { chain, data };
        command.SetAction((parsed, stop) => operations.ShowAsync(
            new LedgerPlace(parsed.GetValue(data)!, parsed.GetRequiredValue(chain)), terminal, stop));
        return command;
    }

    private static DocumentedCommand Export(ILedgerOperations operations, Terminal terminal)
    {
        var chain = new Argument<string>("CHAIN") { Description = "Name of a chain." };
        RequireChainName(chain);
        var data = Data();
        var to = new Option<string>("--to") { Description = "Must not exist; without one, lines go to the standard output.", HelpName = "FILE" };
        var command = new DocumentedCommand("export",
            "Writes a chain as JSON lines: its genesis, then every block with decoded transactions, what they did, and the certificate.",
            """
            pipeline ledger export chest-xray --data data/north-hospital --to chest-xray.jsonl
            pipeline ledger export chest-xray | jq -r 'select(.type == "block") | .id'
            """) { chain, data, to };
        command.SetAction((parsed, stop) => operations.ExportAsync(
            new LedgerPlace(parsed.GetValue(data)!, parsed.GetRequiredValue(chain)), Absolute(parsed.GetValue(to)), terminal, stop));
        return command;
    }

    private static DocumentedCommand Transaction(ILedgerOperations operations, Terminal terminal)
    {
        var id = new Argument<string>("ID|HEIGHT") { Description = "The beginning of a transaction's or block's id, or a height." };
        id.Validators.Add(result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (text.Length == 0 || !text.All(char.IsAsciiHexDigit))
                result.AddError($"'{text}' is neither a height nor the beginning of an id in hexadecimal");
        });
        Option<string> data = Data(), chain = ChainOption(), json = Json();
        var command = new DocumentedCommand("tx",
            "Prints one transaction, decoded; or one block with all of its transactions.",
            """
            pipeline ledger tx 3fa91c07 --data data/north-hospital --chain chest-xray
            pipeline ledger tx 812 --data hocon/site.conf --json block-812.json
            """) { id, data, chain, json };
        command.SetAction((parsed, stop) => operations.TransactionAsync(
            new LedgerPlace(parsed.GetValue(data)!, parsed.GetValue(chain)), parsed.GetRequiredValue(id), Absolute(parsed.GetValue(json)), terminal, stop));
        return command;
    }

    private static DocumentedCommand Diff(ILedgerOperations operations, Terminal terminal)
    {
        Argument<string> a = Source("A"), b = Source("B");
        Option<string> chain = ChainOption(), json = Json();
        var command = new DocumentedCommand("diff",
            "Compares the blocks of two journals and names the first height at which they differ, and in what. Exit code 1 when they do.",
            """
            pipeline ledger diff data/north-hospital /mnt/auditor/copy.db --chain chest-xray
            """) { a, b, chain, json };
        command.SetAction((parsed, stop) => operations.DiffAsync(
            new LedgerPlace(parsed.GetRequiredValue(a), parsed.GetValue(chain)), new LedgerPlace(parsed.GetRequiredValue(b), parsed.GetValue(chain)),
            Absolute(parsed.GetValue(json)), terminal, stop));
        return command;
    }

    private static DocumentedCommand Provenance(ILedgerOperations operations, Terminal terminal)
    {
        var model = new Argument<string>("MODEL|ROUND") { Description = "The beginning of the digest of a model or its backbone, or the number of a final round." };
        Option<string> data = Data(), chain = ChainOption(), json = Json();
        var command = new DocumentedCommand("provenance",
            "Prints what made a model: whose updates, under which policy, with which packets of other chains, from which earlier rounds.",
            """
            pipeline ledger provenance 3fa91c07 --data data/north-hospital --chain chest-xray
            pipeline ledger provenance 12 --data data/north-hospital --chain chest-xray --json provenance.json
            """) { model, data, chain, json };
        command.SetAction((parsed, stop) => operations.ProvenanceAsync(
            new LedgerPlace(parsed.GetValue(data)!, parsed.GetValue(chain)), parsed.GetRequiredValue(model), Absolute(parsed.GetValue(json)), terminal, stop));
        return command;
    }

    private static DocumentedCommand Backup(ILedgerOperations operations, Terminal terminal)
    {
        var what = new Argument<string>("CHAIN|SOURCE") { Description = "Name of a chain below --data; or a source, all of whose chains are backed up." };
        var data = Data();
        var to = new Option<string>("--to") { Description = "The backup: one tar file. Must not exist.", HelpName = "FILE", Required = true };
        var command = new DocumentedCommand("backup",
            "Copies journals and payloads of one site, as they are at this moment, into one file. The site may run meanwhile. Keys are not part of it.",
            """
            pipeline ledger backup data/north-hospital --to north-2026-05-04.tar
            pipeline ledger backup chest-xray --data data/north-hospital --to chest-xray.tar
            pipeline ledger backup hocon/site.conf --to north-2026-05-04.tar
            """) { what, data, to };
        command.SetAction((parsed, stop) =>
        {
            string named = parsed.GetRequiredValue(what);
            bool isSource = Path.Exists(named) || !Genesis.IsChainName(named);
            var place = isSource ? new LedgerPlace(named) : new LedgerPlace(parsed.GetValue(data)!, named);
            return operations.BackupAsync(place, Path.GetFullPath(parsed.GetRequiredValue(to)), terminal, stop);
        });
        return command;
    }

    private static DocumentedCommand Restore(ILedgerOperations operations, Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "A backup." };
        var to = new Option<string>("--to")
        {
            Description = "The site's data directory, or its configuration file where journals are in PostgreSQL. What is there is never overwritten.",
            HelpName = "DIR|FILE",
            Required = true,
        };
        var nothingSigned = new Option<bool>("--nothing-signed-since")
        {
            Description =
                "Your word that this member has signed nothing since the backup was made, as in a planned move. Without it the restored member signs " +
                "nothing until the chain has passed what it may have signed.",
        };
        var command = new DocumentedCommand("restore",
            "Puts a backup back, and verifies its chains before anything is in place.",
            """
            pipeline ledger restore north-2026-05-04.tar --to data/north-hospital
            pipeline ledger restore moved.tar --to hocon/site.conf --nothing-signed-since
            """) { file, to, nothingSigned };
        command.SetAction((parsed, stop) => operations.RestoreAsync(
            Path.GetFullPath(parsed.GetRequiredValue(file)), Path.GetFullPath(parsed.GetRequiredValue(to)), parsed.GetValue(nothingSigned), terminal, stop));
        return command;
    }

    private static Argument<string> Source(string name) => new(name) { Description = LedgerSource.Description };

    private static Option<string> Data() => new("--data")
    {
        Description = LedgerSource.Description,
        HelpName = "SOURCE",
        DefaultValueFactory = _ => "data",
    };

    private static Option<string> ChainOption()
    {
        var chain = new Option<string>("--chain") { Description = "Only this chain.", HelpName = "CHAIN" };
        RequireChainName(chain);
        return chain;
    }

    private static Option<string> Json() => new("--json") { Description = "Also write the findings as JSON.", HelpName = "FILE" };

    private static string? Absolute(string? file) => file is null ? null : Path.GetFullPath(file);

    private static void RequireChainName(Argument<string> chain) => chain.Validators.Add(result => Check(result.Tokens, result.AddError));

    private static void RequireChainName(Option<string> chain) => chain.Validators.Add(result => Check(result.Tokens, result.AddError));

    private static void Check(IReadOnlyList<System.CommandLine.Parsing.Token> tokens, Action<string> complain)
    {
        string name = tokens.Count > 0 ? tokens[0].Value : "";
        if (!Genesis.IsChainName(name))
            complain($"'{name}' is no chain name: lower-case letters, digits and single hyphens");
    }
}
