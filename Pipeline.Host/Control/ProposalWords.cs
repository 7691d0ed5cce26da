using System.Globalization;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Control;

/// <summary>An action in the words of a person, at a chain as it stands: what <c>pipeline chain propose</c> takes and <c>status</c> prints.</summary>
internal static class ProposalWords
{
    public const string Legend =
        """
        pause | resume | stop | restart ROUND ROUNDS | readmit MEMBER
        join APPLICATION | leave MEMBER | revoke MEMBER | rotate-key
        policy [quorum=N] [deadline=BLOCKS] [blend=0..1] [equivocation=record|exclude]
        grant CHAIN [until=YYYY-MM-DD] | end-grant CHAIN
        trust GENESIS [days=N] | freeze CHAIN | unfreeze CHAIN
        limit window=SECONDS packets=N bytes=N norm=X [epsilon=X] | suspend-bridge | resume-bridge
        upgrade VERSION HEIGHT
        """;

    private static readonly string[] Forms = Legend.ReplaceLineEndings(" | ").Split(" | ");

    /// <summary>The action, or null and what is wrong.</summary>
    /// <param name="words">Files are given by their content in hexadecimal.</param>
    public static GovernanceAction? TryParse(IReadOnlyList<string> words, LearningView view, out string? error)
    {
        error = null;
        try
        {
            return Parse(words, view);
        }
        catch (FormatException e)
        {
            error = e.Message;
            return null;
        }
    }

    public static string Describe(GovernanceAction action) => action switch
    {
        GovernanceAction.Restart a => $"restart {a.Round} {a.Rounds} (model {a.Model.Short})",
        GovernanceAction.Readmit a => $"readmit {a.Member}",
        GovernanceAction.Join a => $"join {a.Joiner.Member.Id} (key {a.Joiner.Member.Key}, followed to height {a.Joiner.Height})",
        GovernanceAction.Leave a => $"leave {a.Member}",
        GovernanceAction.RotateKey a => $"rotate-key {a.Next.Member.Id} (to {a.Next.Member.Key})",
        GovernanceAction.Revoke a => $"revoke {a.Member}",
        GovernanceAction.ChangePolicy { Change: var c } => string.Create(CultureInfo.InvariantCulture,
            $"policy quorum={c.Quorum} deadline={c.DeadlineBlocks} blend={c.BlendQ16 / (double)RoundPolicy.One:0.####} equivocation={c.OnEquivocation.ToString().ToLowerInvariant()}"),
        GovernanceAction.Grant { To: var g } => $"grant {g.Chain}{(g.ExpiryTime == long.MaxValue ? "" : $" until={Day(g.ExpiryTime)}")}",
        GovernanceAction.EndGrant a => $"end-grant {a.Chain}",
        GovernanceAction.Trust { Chain: var c } => $"trust {c.Name} ({c.ChainId.Short}, {c.Members.Count} members of epoch {c.Epoch}, days={c.TrustPeriodMs / 86_400_000})",
        GovernanceAction.Freeze a => $"freeze {a.Chain}",
        GovernanceAction.Unfreeze a => $"unfreeze {a.Chain}",
        GovernanceAction.LimitBridge { Limits: var l } => string.Create(CultureInfo.InvariantCulture,
            $"limit window={l.WindowMs / 1000.0:0.###} packets={l.Packets} bytes={l.Bytes} norm={l.MaxUpdateNorm / (double)RoundPolicy.One:0.####}{(l.MaxSpentMicro == 0 ? "" : $" epsilon={l.MaxSpentMicro / 1e6:0.######}")}"),
        GovernanceAction.SuspendBridge => "suspend-bridge",
        GovernanceAction.ResumeBridge => "resume-bridge",
        GovernanceAction.Upgrade a => $"upgrade {a.Version} {a.Height}",
        _ => action.GetType().Name.ToLowerInvariant(),
    };

    private static GovernanceAction Parse(IReadOnlyList<string> words, LearningView view)
    {
        string verb = words.Count > 0 ? words[0] : "";
        string[] rest = [.. words.Skip(1)];
        return (verb, rest.Length) switch
        {
            ("pause", 0) => new GovernanceAction.Pause(),
            ("resume", 0) => new GovernanceAction.Resume(),
            ("stop", 0) => new GovernanceAction.Stop(),
            ("restart", 2) => Restart(Whole(rest[0], "round"), (int)Whole(rest[1], "number of rounds", 1_000_000), view),
            ("readmit", 1) => new GovernanceAction.Readmit(rest[0]),
            ("join", 1) => new GovernanceAction.Join(Decode<KeyPossession>(rest[0], "application", "'pipeline chain apply' prints it")),
            ("leave", 1) => new GovernanceAction.Leave(rest[0]),
            ("revoke", 1) => new GovernanceAction.Revoke(rest[0]),
            ("policy", > 0) => Policy(Named(rest, "quorum", "deadline", "blend", "equivocation"), view.Policy),
            ("grant", 1 or 2) => Grant(rest[0], Named(rest[1..], "until")),
            ("end-grant", 1) => new GovernanceAction.EndGrant(rest[0]),
            ("trust", 1 or 2) => Trust(Decode<Genesis>(rest[0], "genesis", "'pipeline chain join' leaves it in chains/CHAIN of the data directory"), Named(rest[1..], "days")),
            ("freeze", 1) => new GovernanceAction.Freeze(Chain(rest[0], view)),
            ("unfreeze", 1) => new GovernanceAction.Unfreeze(Chain(rest[0], view)),
            ("limit", > 0) => Limit(Named(rest, "window", "packets", "bytes", "norm", "epsilon")),
            ("suspend-bridge", 0) => new GovernanceAction.SuspendBridge(),
            ("resume-bridge", 0) => new GovernanceAction.ResumeBridge(),
            ("upgrade", 2) => new GovernanceAction.Upgrade((int)Whole(rest[0], "version", 255), Whole(rest[1], "height")),
            _ => throw new FormatException(Forms.FirstOrDefault(form => form.Split(' ')[0] == verb) is { } form
                ? $"'{string.Join(' ', words.Take(8))}': the action is {form}"
                : $"'{string.Join(' ', words.Take(8))}' is no action; say one of: {string.Join(" | ", Forms)}"),
        };
    }

    private static GovernanceAction.Restart Restart(long round, int rounds, LearningView view) =>
        view.Round.Finals.FirstOrDefault(f => f.Round == round) is { } final
            ? new GovernanceAction.Restart(round, final.Model, rounds)
            : throw new FormatException($"round {round} is none of the final rounds to restart from: {string.Join(", ", view.Round.Finals.Select(f => f.Round))}");

    private static GovernanceAction.ChangePolicy Policy(Dictionary<string, string> named, RoundPolicy policy) => new(new PolicyChange(
        named.TryGetValue("quorum", out string? quorum) ? (int)Whole(quorum, "quorum", 64) : policy.Quorum,
        named.TryGetValue("deadline", out string? deadline) ? (int)Whole(deadline, "deadline", 1_000_000) : policy.DeadlineBlocks,
        named.TryGetValue("blend", out string? blend) ? (int)Fixed(blend, "blend", 1) : policy.BlendQ16,
        !named.TryGetValue("equivocation", out string? equivocation) ? policy.OnEquivocation : equivocation switch
        {
            "record" => EquivocationPolicy.Record,
            "exclude" => EquivocationPolicy.Exclude,
            _ => throw new FormatException($"equivocation={equivocation}: must be record or exclude"),
        }));

    private static GovernanceAction.Grant Grant(string chain, Dictionary<string, string> named)
    {
        if (!named.TryGetValue("until", out string? until))
            return new GovernanceAction.Grant(BridgeGrant.Unlimited(chain));
        return DateTimeOffset.TryParseExact(until, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day)
            ? new GovernanceAction.Grant(BridgeGrant.Unlimited(chain) with { ExpiryTime = day.ToUnixTimeMilliseconds() })
            : throw new FormatException($"until={until}: must be a day as 2030-12-31 (UTC)");
    }

    private static GovernanceAction.Trust Trust(Genesis genesis, Dictionary<string, string> named)
    {
        long days = named.TryGetValue("days", out string? text) ? Whole(text, "number of days", 36_500) : 30;
        return new GovernanceAction.Trust(new TrustedChain(genesis.ChainId, genesis.Name, genesis.Members, 0, days * 86_400_000));
    }

    private static GovernanceAction.LimitBridge Limit(Dictionary<string, string> named)
    {
        string Of(string name) => named.TryGetValue(name, out string? value) ? value : throw new FormatException($"{name}=… is missing");
        return new GovernanceAction.LimitBridge(new BridgeLimits(
            Whole(Of("window"), "window", 1_000_000_000) * 1000, (int)Whole(Of("packets"), "packets", 1_000_000, 0), Whole(Of("bytes"), "bytes", long.MaxValue, 0),
            Fixed(Of("norm"), "norm", 1 << 30),
            named.TryGetValue("epsilon", out string? epsilon) ? Fixed(epsilon, "epsilon", 1000, 1_000_000) : 0));
    }

    private static Digest Chain(string name, LearningView view) => view.Channels.FirstOrDefault(c => c.Client.Chain.Name == name) is { } channel
        ? channel.Client.Chain.ChainId
        : throw new FormatException($"'{name}' is no trusted chain; there is {string.Join(", ", view.Channels.Select(c => c.Client.Chain.Name))}");

    private static Dictionary<string, string> Named(string[] words, params string[] names)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string word in words)
        {
            int at = word.IndexOf('=', StringComparison.Ordinal);
            if (at < 0 || !names.Contains(word[..at]) || !named.TryAdd(word[..at], word[(at + 1)..]))
                throw new FormatException($"'{word}': must be one of {string.Join(", ", names.Select(n => n + "=…"))}, each once");
        }

        return named;
    }

    private static long Whole(string text, string what, long maximum = long.MaxValue, long minimum = 1) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= minimum && value <= maximum
            ? value
            : throw new FormatException($"'{text}' is no {what} from {minimum} to {maximum}");

    /// <param name="scale">Of the integer that stands for the decimal number: Q16 where none is given.</param>
    private static long Fixed(string text, string what, double maximum, double scale = RoundPolicy.One) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value <= maximum
            ? (long)Math.Round(value * scale)
            : throw new FormatException($"'{text}' is no {what} from 0 to {maximum.ToString(CultureInfo.InvariantCulture)}");

    private static T Decode<T>(string hex, string what, string from) where T : ICanonical<T>
    {
        byte[] bytes;
        try
        {
            bytes = Convert.FromHexString(hex);
        }
        catch (FormatException)
        {
            throw new FormatException($"'{hex[..Math.Min(80, hex.Length)]}' is no file that is there, and no {what} in hexadecimal; {from}");
        }

        return Canonical.TryDecode<T>(bytes, out var value, out string? error) ? value : throw new FormatException($"what was given is no {what} ({error}); {from}");
    }

    private static string Day(long time) => DateTimeOffset.FromUnixTimeMilliseconds(time).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
