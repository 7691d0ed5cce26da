using System.CommandLine;
using Pipeline.Host.Ceremony;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Commands;

internal static partial class ChainCommand
{
    private static DocumentedCommand CreateCreate(IChainCeremony ceremony, Terminal terminal)
    {
        var name = new Argument<string>("CHAIN") { Description = "The chain's name: lower-case letters, digits, hyphens." };
        var members = new Option<string[]>("--member")
        {
            Description = "A member's card, as 'pipeline init' wrote it; one for each member.",
            HelpName = "FILE",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var terms = new Option<string>("--terms") { Description = "HOCON with the task and the policy, where they are not the defaults ('pipeline chain create --help' below).", HelpName = "FILE" };
        var trust = new Option<string[]>("--trust")
        {
            Description = "A chain whose bridge packets are accepted: its genesis, or its proposal signed by all.",
            HelpName = "FILE",
            AllowMultipleArgumentsPerToken = true,
        };
        var seed = new Option<ulong?>("--seed") { Description = "Draws the first weights; random without one.", HelpName = "N" };
        var output = new Option<string>("--out") { Description = "Where the proposal goes; CHAIN.proposal without one.", HelpName = "FILE" };
        var command = new DocumentedCommand("create",
            "Writes the proposal of a chain's genesis: task, policy, members and first weights. Pipeline.Host/Ceremony/chain-terms.conf documents every term.",
            """
            pipeline chain create chest-xray --member north.member.json south.member.json west.member.json east.member.json --terms chest.conf
            pipeline chain create chest-nodule --member north.member.json south.member.json --trust chest-xray.proposal
            """) { name, members, terms, trust, seed, output };
        command.Validators.Add(result =>
        {
            if (result.GetValue(name) is { } given && !Genesis.IsChainName(given))
                result.AddError($"'{given}' is no name of a chain: lower-case letters, digits and single hyphens, beginning with a letter, at most 64");
        });
        command.SetAction((parsed, stop) => ceremony.CreateAsync(
            new ChainCreation(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(members), parsed.GetValue(terms), parsed.GetValue(trust) ?? [],
                parsed.GetValue(seed), Path.GetFullPath(parsed.GetValue(output) ?? parsed.GetRequiredValue(name) + ".proposal")),
            terminal, stop));
        return command;
    }
}
