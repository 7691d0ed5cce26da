using System.CommandLine;
using Pipeline.Host.Drills;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline drill</c>.</summary>
internal static class DrillCommand
{
    public static Command Create(RunDrill run, Terminal terminal) =>
        new("drill", "Hurts real processes on purpose, to see what survives.") { CreateConsortium(run, terminal) };

    private static DocumentedCommand CreateConsortium(RunDrill run, Terminal terminal)
    {
        var members = MeasureOptions.Number("--members", 4, 1, MemberSet.MaxMembers - 1, "Sites, each a process of its own.");
        var adversary = new Option<bool>("--adversary") { Description = "One more member, which withholds, signs two statements and floods; and a load of transactions." };
        var seconds = MeasureOptions.Number("--seconds", 10, 1, 3600, "How long each fault lasts.");
        var interval = MeasureOptions.Number("--interval", 1000, 100, 60_000, "Block interval, milliseconds.");
        var faults = new Option<string[]>("--fault") { Description = $"Only these: {string.Join(", ", ConsortiumDrill.Faults)}.", HelpName = "FAULT", AllowMultipleArgumentsPerToken = true };
        faults.AcceptOnlyFromAmong([.. ConsortiumDrill.Faults]);
        var namespaces = new Option<bool>("--namespaces") { Description = "A network namespace for each site; needs root and iproute2. Without it relays on loopback carry the links." };
        var output = new Option<string>("--out") { Description = "Folder for the sites; made anew.", HelpName = "DIR", DefaultValueFactory = _ => "drill-out" };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("consortium",
            "Makes a consortium by the ceremony, runs every member as a process over the gateway, and hurts it: killed, paused, cut off, restarted, too many away, and with --adversary Byzantine. Exit code 1 on a fork, a divergence, where progress did not come within two block intervals of the quorum's return, or where the adversary's contradiction did not end as evidence on the chain.",
            """
            pipeline drill consortium
            pipeline drill consortium --members 6 --adversary --namespaces --json drill.json
            pipeline drill consortium --fault kill outage --seconds 3
            """) { members, adversary, seconds, interval, faults, namespaces, output, json };
        command.SetAction((parsed, stop) =>
        {
            string[] chosen = parsed.GetValue(faults) ?? [];
            return run(
                new DrillRequest(
                    parsed.GetValue(members), parsed.GetValue(adversary), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(namespaces),
                    Path.GetFullPath(parsed.GetValue(output)!), parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null)
                {
                    BlockInterval = TimeSpan.FromMilliseconds(parsed.GetValue(interval)),
                    Faults = chosen.Length == 0 ? ConsortiumDrill.Faults : chosen,
                },
                terminal, stop);
        });
        return command;
    }
}
