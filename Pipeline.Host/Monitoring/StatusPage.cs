using System.Globalization;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Monitoring;

/// <summary>The status page: one HTML document without script, font or image from anywhere.</summary>
internal static class StatusPage
{
    private const int RefreshSeconds = 10, ShownProblems = 12;

    public static string Render(SiteStatus status)
    {
        var page = new Html();
        page.Add($"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"{RefreshSeconds}\">");
        page.Add($"<title>{status.Site}</title><style>{Html.Trusted(StatusStyle.Css)}</style></head><body><header><h1>{status.Site}</h1>");
        page.Add($"<p>up {Span(status.Time - status.Started)}, seen {status.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC</p>{Pill(status.Ready, "ready", status.Live ? "not ready" : "not live")}</header><main>");
        if (status.Problems.Count > 0)
            page.Add($"<ul class=\"problems\">{Items(status.Problems.Take(ShownProblems))}</ul>");
        Figures(page, status);
        page.Each(status.Chains, Chain);
        if (status.Chains.Count == 0)
            page.Add($"<section class=\"sheet\"><p class=\"none\">No chain yet: the site answers C-ECHO and waits. <code>pipeline chain join</code> adds one.</p></section>");
        page.Add($"<div class=\"pair\"><section class=\"sheet\"><h3>Peers</h3>");
        Peers(page, status.Peers);
        page.Add($"</section><section class=\"sheet\"><h3>Quarantine</h3>");
        Quarantine(page, status.Chains);
        page.Add($"</section></div></main><footer>pipeline {status.Version}; the same as JSON: /api/v1/status; for Prometheus: /metrics</footer></body></html>");
        return page.ToString();
    }

    private static void Figures(Html page, SiteStatus status)
    {
        page.Add($"<div class=\"figures\">");
        (string Value, string Name)[] figures =
        [
            ($"{status.Spool.Acknowledged:N0}", "images acknowledged"), ($"{status.Spool.Pending:N0}", "waiting in the spool"),
            ($"{status.Chains.Sum(c => c.Samples.Sum(s => (long)s.Count)):N0}", "labelled samples"), ($"{status.Dicom.Associations}", $"associations now, {status.Dicom.Admitted:N0} so far"),
            ($"{status.Peers.Count(p => p.Up)} of {status.Peers.Count}", "links up"), (Bytes(status.Disk.FreeBytes), $"free of {Bytes(status.Disk.TotalBytes)}"),
        ];
        page.Each(figures, (html, figure) => html.Add($"<div class=\"figure\"><b>{figure.Value}</b><span>{figure.Name}</span></div>"));
        page.Add($"</div>");
    }

    private static void Chain(Html page, ChainState chain)
    {
        page.Add($"<section class=\"sheet\"><div class=\"head\"><h2>{chain.Name}</h2>");
        if (!chain.Joined)
        {
            page.Add($"<span class=\"pill\">{(chain.Elsewhere ? "held by another node" : "no genesis yet")}</span><span class=\"soft\">AE title {chain.AeTitle}; {Count(chain.Received)} images came</span></div>");
            Samples(page, chain);
            page.Add($"</section>");
            return;
        }

        page.Add($"{Pill(chain.Healthy, "followed", chain.Syncing ? "catching up" : "no answer")}<span class=\"pill\">{chain.Phase}</span>");
        page.Add($"<span class=\"soft\">AE title {chain.AeTitle}; {chain.Learner.Activity}</span></div>");
        double share = chain.LastRound == 0 ? 0 : Math.Clamp(100.0 * chain.Round / chain.LastRound, 0, 100);
        page.Add($"<div>Round {chain.Round} of {chain.LastRound}</div><div class=\"track\"><i style=\"width:{share.ToString("0.#", CultureInfo.InvariantCulture)}%\"></i></div><div class=\"two\"><div>");
        if (chain.History.Count > 0)
            page.Add($"<h3>Loss of this site's steps, updates by round</h3>{Html.Trusted(RoundCurve.Render(chain.History, chain.Members.Count))}");
        else
            page.Add($"<p class=\"none\">No round was seen since the start.</p>");
        page.Add($"<h3>Members</h3><ul class=\"chips\">");
        page.Each(chain.Members, (html, member) => html.Add($"<li class=\"pill {Tone(member.Standing)}\">{member.Name}: {member.Standing}</li>"));
        page.Add($"</ul></div><div><h3>Chain</h3><dl>");
        Facts(page, chain);
        page.Add($"</dl>");
        Samples(page, chain);
        page.Add($"</div></div></section>");
    }

    private static void Facts(Html page, ChainState chain)
    {
        var facts = new List<(string Name, string Value)>
        {
            ("height", $"{chain.Height:N0}"), ("last block", chain.BlockAge is { } age ? $"{Span(TimeSpan.FromSeconds(age))} ago" : "none"),
            ("quorum", $"{chain.Quorum} of {chain.Members.Count}"), ("waiting transactions", $"{chain.PendingTransactions}"),
            ("payloads", $"{Bytes(chain.PayloadBytes)} of {Bytes(chain.PayloadQuota)}"),
        };
        if (chain.Phase is "open" or "judging")
            facts.Add(("deadline", $"in {chain.BlocksLeft} blocks"));
        if (chain.JournalBytes is { } journal)
            facts.Add(("journal", Bytes(journal)));
        if (chain.Auc is { } auc)
            facts.Add(("AUC of the final model", auc.ToString("0.000", CultureInfo.InvariantCulture)));
        if (chain.EpsilonBudget is { } budget)
            facts.Add(("privacy spent", string.Create(CultureInfo.InvariantCulture, $"ε {chain.EpsilonSpent:0.00} of {budget:0.00}")));
        facts.AddRange(chain.Bridges.Select(b => ($"from {b.Source}", b.Unusable ?? $"height {b.Height}, {b.Packets} packets")));
        if (chain.Learner.Trial is { } trial)
            facts.Add(("trial of a backbone", Words(trial)));
        page.Each(facts, (html, fact) => html.Add($"<dt>{fact.Name}</dt><dd>{fact.Value}</dd>"));
    }

    private static string Words(TrialState trial) => trial.Standing switch
    {
        "offered" => $"since round {trial.Began}; this round is with it",
        "own" => $"since round {trial.Began}; this round is without it",
        "voting" => $"since round {trial.Began}; members vote",
        _ => $"of round {trial.Began}, {trial.Standing}: {trial.Reason}",
    };

    private static void Samples(Html page, ChainState chain)
    {
        if (chain.Received == 0 && chain.Samples.All(s => s.Count == 0))
            return;
        page.Add($"<h3>Images</h3><dl><dt>received</dt><dd>{Count(chain.Received)}</dd>");
        page.Each(chain.Samples.GroupBy(s => s.Class), (html, group) => html.Add(
            $"<dt>{group.Key}</dt><dd>{string.Join(", ", group.Where(s => s.Count > 0).Select(s => $"{s.Count:N0} {s.Split}").DefaultIfEmpty("none"))}</dd>"));
        page.Each(chain.Instances.Where(i => i.Count > 0 && i.Outcome is not "stored" and not "quarantined").GroupBy(i => i.Outcome), (html, group) => html.Add(
            $"<dt>{group.Key.Replace('-', ' ')}</dt><dd>{Count(group.Sum(i => i.Count))}</dd>"));
        page.Add($"</dl>");
    }

    private static void Peers(Html page, IReadOnlyList<PeerState> peers)
    {
        if (peers.Count == 0)
        {
            page.Add($"<p class=\"none\">No gateway, or no other member yet.</p>");
            return;
        }

        page.Add($"<div class=\"scroll\"><table><tr><th>member</th><th>link</th><th>at</th><th class=\"n\">out</th><th class=\"n\">in</th><th class=\"n\">dropped</th></tr>");
        page.Each(peers, (html, p) => html.Add(
            $"<tr><td>{p.Member}</td><td>{Pill(p.Up, "up", "down")}</td><td>{p.Endpoint}</td><td class=\"n\">{Bytes(p.SentBytes)}</td><td class=\"n\">{Bytes(p.ReceivedBytes)}</td><td class=\"n\">{Count(p.Dropped)}</td></tr>"));
        page.Add($"</table></div>");
    }

    private static void Quarantine(Html page, IReadOnlyList<ChainState> chains)
    {
        var held = chains.SelectMany(c => c.Instances.Where(i => i.Outcome == "quarantined" && i.Count > 0).Select(i => (Chain: c.Name, i.Reason, i.Count))).ToArray();
        if (held.Length == 0)
        {
            page.Add($"<p class=\"none\">Nothing waits for a person.</p>");
            return;
        }

        page.Add($"<div class=\"scroll\"><table><tr><th>chain</th><th>reason</th><th class=\"n\">images so far</th></tr>");
        page.Each(held, (html, row) => html.Add($"<tr><td>{row.Chain}</td><td>{row.Reason}</td><td class=\"n\">{Count(row.Count)}</td></tr>"));
        page.Add($"</table></div><p class=\"none\"><code>pipeline quarantine list</code> says what to do about each.</p>");
    }

    private static Html Pill(bool good, string yes, string no) => new Html().Add($"<span class=\"pill {(good ? "good" : "bad")}\">{(good ? yes : no)}</span>");

    private static Html Items(IEnumerable<string> texts) => new Html().Each(texts, (html, text) => html.Add($"<li>{text}</li>"));

    private static string Tone(string standing) => standing switch { "contributed" or "voted" => "good", "excluded" or "withdrawn" => "bad", _ => "" };

    private static string Count(long count) => Quantities.Count(count);

    private static string Bytes(long bytes) => Quantities.Bytes(bytes);

    private static string Span(TimeSpan span) => span.TotalDays >= 1 ? $"{(int)span.TotalDays} d {span.Hours} h"
        : span.TotalHours >= 1 ? $"{(int)span.TotalHours} h {span.Minutes} min" : span.TotalMinutes >= 1 ? $"{(int)span.TotalMinutes} min" : $"{(int)span.TotalSeconds} s";
}
