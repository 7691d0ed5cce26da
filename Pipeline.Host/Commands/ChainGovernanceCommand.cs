using System.CommandLine;
using Pipeline.Host.Control;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Commands;

/// <summary>The verbs of <c>pipeline chain</c> by which members govern a chain, asked of the running site; and <c>rerun</c>, for which none need run.</summary>
internal static class ChainGovernanceCommand
{
    private const int MaxFileBytes = 2 * Genesis.MaxApplicationBytes / 8;

    /// <summary>Adds the verbs to <c>chain</c>, which other verbs may have made already.</summary>
    public static void AddTo(RootCommand root, RerunChain? rerun, Terminal terminal)
    {
        var chain = root.Subcommands.FirstOrDefault(c => c.Name == "chain");
        if (chain is null)
            root.Subcommands.Add(chain = new Command("chain", "What the members of a chain decide together: members, policy, bridge, version; and withdrawal."));
        chain.Subcommands.Add(Status(terminal));
        chain.Subcommands.Add(Propose(terminal));
        chain.Subcommands.Add(Approve(terminal));
        chain.Subcommands.Add(Apply(terminal));
        chain.Subcommands.Add(Withdraw(terminal));
        if (rerun is not null)
            chain.Subcommands.Add(Rerun(rerun, terminal));
    }

    private static DocumentedCommand Status(Terminal terminal)
    {
        var chain = new Argument<string?>("CHAIN") { Description = "Name of a chain; all without one.", Arity = ArgumentArity.ZeroOrOne };
        var command = new DocumentedCommand("status",
            "Prints who the members are, what is proposed and who has voted for it, and where the bridge stands.",
            """
            pipeline chain status --data data/north-hospital
            pipeline chain status chest-xray --data data/north-hospital
            """) { chain };
        var site = AskedSite.AddTo(command);
        command.SetAction((parsed, stop) => site.AskAsync(parsed, new ControlRequest("status", parsed.GetValue(chain), []), terminal, stop));
        return command;
    }

    private static DocumentedCommand Propose(Terminal terminal)
    {
        var chain = Chain();
        var action = new Argument<string[]>("ACTION") { Description = "One of: " + ProposalWords.Legend.ReplaceLineEndings(" | "), Arity = ArgumentArity.OneOrMore };
        var command = new DocumentedCommand("propose",
            "Votes for an action; the others approve it. It takes effect when n−f members have, other members two blocks later.",
            """
            pipeline chain propose chest-xray join east-hospital.application --data data/north-hospital
            pipeline chain propose chest-xray leave west-hospital --data data/north-hospital
            pipeline chain propose chest-xray rotate-key --data data/north-hospital
            pipeline chain propose chest-xray policy quorum=3 deadline=60 --data data/north-hospital
            pipeline chain propose skull-mr grant chest-xray until=2030-12-31 --data data/north-hospital
            pipeline chain propose chest-xray trust skull-mr/genesis.cbor days=30 --data data/north-hospital
            """) { chain, action };
        var site = AskedSite.AddTo(command);
        command.SetAction((parsed, stop) => site.AskAsync(parsed, new ControlRequest("propose", parsed.GetRequiredValue(chain), [.. parsed.GetRequiredValue(action).Select(Content)]), terminal, stop));
        return command;
    }

    private static DocumentedCommand Approve(Terminal terminal)
    {
        var chain = Chain();
        var of = new Option<string>("--of") { Description = "Whose proposal, where there are several.", HelpName = "MEMBER" };
        var command = new DocumentedCommand("approve",
            "Votes for what another member has proposed; look at it by 'pipeline chain status' before.",
            """
            pipeline chain approve chest-xray --data data/south-hospital
            pipeline chain approve chest-xray --of north-hospital --data data/south-hospital
            """) { chain, of };
        var site = AskedSite.AddTo(command);
        command.SetAction((parsed, stop) => site.AskAsync(parsed, new ControlRequest("approve", parsed.GetRequiredValue(chain), parsed.GetValue(of) is { } member ? [member] : []), terminal, stop));
        return command;
    }

    private static DocumentedCommand Apply(Terminal terminal)
    {
        var chain = Chain();
        var command = new DocumentedCommand("apply",
            "Prints the application by which the members of a chain let this site join: its key, signed, and the block that it has followed the chain to.",
            """
            pipeline chain apply chest-xray --data data/east-hospital > east-hospital.application
            """) { chain };
        var site = AskedSite.AddTo(command);
        command.SetAction((parsed, stop) => site.AskAsync(parsed, new ControlRequest("apply", parsed.GetRequiredValue(chain), []), terminal, stop));
        return command;
    }

    private static DocumentedCommand Withdraw(Terminal terminal)
    {
        var chain = Chain();
        var erase = new Option<bool>("--erase") { Description = "Every member also deletes the payloads of this site's contributions that it still holds." };
        var command = new DocumentedCommand("withdraw",
            "Takes part in no later round of a chain; the site stays a member. What models have learnt stays in them: see 'pipeline chain rerun'.",
            """
            pipeline chain withdraw chest-xray --data data/west-hospital
            pipeline chain withdraw chest-xray --erase --data data/west-hospital
            """) { chain, erase };
        var site = AskedSite.AddTo(command);
        command.SetAction((parsed, stop) => site.AskAsync(parsed, new ControlRequest("withdraw", parsed.GetRequiredValue(chain), parsed.GetValue(erase) ? ["erase"] : []), terminal, stop));
        return command;
    }

    private static DocumentedCommand Rerun(RerunChain rerun, Terminal terminal)
    {
        var without = new Option<string>("--without") { Description = "The member whose contributions are left out.", HelpName = "MEMBER", Required = true };
        var chain = new Option<string>("--chain") { Description = "Name of the chain.", HelpName = "NAME", Required = true };
        var to = new Option<string>("--to") { Description = "Also write the model there.", HelpName = "FILE" };
        var command = new DocumentedCommand("rerun",
            "Computes a chain's model again without one member, from the journal and the payloads that this site still holds, and says what cannot be undone.",
            """
            pipeline chain rerun --without west-hospital --data data/north-hospital --chain chest-xray
            pipeline chain rerun --without west-hospital --data data/north-hospital --chain chest-xray --to chest-without-west.model
            """) { without, chain, to };
        var site = AskedSite.AddTo(command);
        command.SetAction((parsed, stop) => site.Directory(parsed, terminal) is { } data
            ? rerun(
                data, parsed.GetRequiredValue(chain), parsed.GetRequiredValue(without), parsed.GetValue(to) is { } file ? Path.GetFullPath(file) : null, terminal, stop)
            : Task.FromResult(ExitCode.Usage));
        return command;
    }

    /// <summary>A word that names a file stands for what is in it: hexadecimal text as it is, anything else in hexadecimal.</summary>
    private static string Content(string word)
    {
        if (!File.Exists(word))
            return word;
        if (new FileInfo(word).Length > MaxFileBytes)
            throw new CommandFailedException($"'{word}' is larger than {MaxFileBytes} bytes; it is neither an application nor a genesis that can be proposed");
        byte[] bytes = File.ReadAllBytes(word);
        string text = System.Text.Encoding.ASCII.GetString(bytes).Trim();
        return text.Length > 0 && text.All(char.IsAsciiHexDigit) ? text : Convert.ToHexStringLower(bytes);
    }

    private static Argument<string> Chain()
    {
        var chain = new Argument<string>("CHAIN") { Description = "Name of a chain." };
        chain.Validators.Add(result =>
        {
            string name = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (!Genesis.IsChainName(name))
                result.AddError($"'{name}' is no chain name: lower-case letters, digits and single hyphens");
        });
        return chain;
    }
}
