using static Pipeline.Host.Reporting.Quantities;

namespace Pipeline.Host.Reporting;

/// <summary>The sections of the report below its claims.</summary>
internal static class ReportSections
{
    public static Html HowToRead() => new Html().Add(
        $$"""
        <section class="sheet" style="margin-top:2.2rem">
        <h3>How to read this</h3>
        <p><strong>AUC</strong> is the chance that a model ranks an image with the finding above one without it: 0.5 is a coin, 1 is perfect; a <em>point</em> is
        0.01. Four models are compared on held-out test images. <strong>Local-only</strong>: a hospital trains on its own images.
        <strong>Centralized</strong>: all images in one place, which only a demo may do, as the yardstick. <strong>Collaborative</strong>: each hospital trains at home
        and sends partial updates; all replicas of the chain sum them to the same global model. <strong>Personalized</strong>: the global model fitted to one
        hospital afterwards where that is better with confidence, never shared; where not, the global model stays. Bars on the figures start at chance level unless a value lies below it.</p>
        </section>
        """);

    public static Html Chain(DemoResult.Chain chain, DemoResult result, string id)
    {
        var bridged = result.Bridge.To == chain.Id ? result.Bridge : null;
        return new Html()
            .Add(
                $$"""
                <section>
                <h2>Chain <code>{{chain.Id}}</code></h2>
                <p class="facts">{{chain.Members}} members · {{Count(chain.Rounds)}} rounds · centralized {{Auc(chain.Auc.Centralized)}} · collaborative
                {{Auc(chain.Auc.Collaborative)}} · shuffled labels {{Auc(chain.Auc.ShuffledLabels)}}</p>
                <div class="two">
                <div class="sheet"><figure>
                <h3>Hospital by hospital</h3>
                <figcaption>Test AUC of the three models each hospital could use.</figcaption>
                <ul class="key">{{Key("baseline", "", "local-only")}}{{Key("main", "", "collaborative")}}{{Key("personal", "", "personalized")}}{{Key("reference", "dash", "centralized")}}</ul>
                {{ReportPlots.Hospitals(chain, id + "h")}}
                </figure></div>
                <div class="sheet"><figure>
                <h3>Round by round</h3>
                """)
            .Add($"<figcaption>{CurveCaption(bridged)}</figcaption>")
            .Add($"""<ul class="key">{Key("main", "line", bridged is null ? "global model" : "with the bridge")}""")
            .Each(chain.CurveWithoutBridge.Take(1), (html, _) => html.Add($"{Key("control", "line", "without the bridge")}"))
            .Add($"""{Key("reference", "dash", bridged is null ? "centralized" : $"target {Auc(bridged.Target)}")}</ul>""")
            .Add(
                $$"""
                {{ReportPlots.Curve(chain, bridged, id + "r")}}
                </figure></div>
                </div>
                <div class="sheet scroll"><table>
                <thead><tr><th scope="col">Hospital</th><th scope="col">Local-only</th><th scope="col">Collaborative</th><th scope="col">Personalized</th><th scope="col">Chosen</th>
                <th scope="col">Personalized against the better of both</th></tr></thead>
                <tbody>
                """)
            .Each(chain.Sites, (html, site) => html.Add(
                $$"""
                <tr><th scope="row">{{site.Id}}</th><td>{{Auc(site.Local)}}</td><td>{{Auc(site.Collaborative)}}</td><td>{{Auc(site.Personalized)}}</td><td>{{site.Chosen}}</td>
                <td class="{{(DemoClaims.Margin(site) >= -DemoClaims.PersonalizedTolerance ? "yes" : "no")}}">{{PointsWithUnit(DemoClaims.Margin(site))}}</td></tr>
                """))
            .Add($"</tbody></table></div></section>");
    }

    private static string CurveCaption(DemoResult.BridgeRun? bridge)
    {
        if (bridge is null)
            return "Test AUC of the global model by round.";
        var packets = bridge.Packets == 1 ? "1 packet" : $"{Count(bridge.Packets)} packets";
        return $"Test AUC of the global model by round. {packets} came from {bridge.From}, {Count(bridge.Accepted)} passed the do-no-harm gate.";
    }

    public static Html Bytes(DemoResult result) => new Html().Add(
        $$"""
        <section><h2>What leaves a hospital</h2>
        <div class="sheet"><figure>
        <h3>Bytes a round and hospital</h3>
        <figcaption>One partial update against the whole model as dense fp32. The axis is logarithmic: each line is ten times the one before it.</figcaption>
        <ul class="key">{{Key("main", "", "partial update")}}{{Key("baseline", "", "dense fp32")}}{{Key("reference", "tick", "1/100 of dense")}}</ul>
        {{ReportPlots.UpdateBytes(result.Chains, "b")}}
        </figure></div></section>
        """);

    public static Html Ledger(DemoResult result) => new Html()
        .Add(
            $$"""
            <section><h2>The ledger</h2>
            <div class="sheet scroll"><table>
            <thead><tr><th scope="col">Chain</th><th scope="col">Members</th><th scope="col">Rounds</th><th scope="col">Height</th><th scope="col">State digests</th>
            <th scope="col">Journals</th><th scope="col">Update</th><th scope="col">Of dense</th><th scope="col">On the wire, all told</th></tr></thead>
            <tbody>
            """)
        .Each(result.Chains, (html, chain) => html.Add(
            $$"""
            <tr><th scope="row">{{chain.Id}}</th><td>{{chain.Members}}</td><td>{{Count(chain.Rounds)}}</td><td>{{Count(chain.Height)}}</td>
            <td class="{{YesNo(chain.DigestsEqual)}}">{{(chain.DigestsEqual ? "✓ equal" : "✗ differ")}}</td>
            <td class="{{YesNo(chain.Verify)}}">{{(chain.Verify ? "✓ verify" : "✗ refused")}}</td>
            <td>{{Quantities.Bytes(chain.Bytes.PerRoundPerSite)}}</td><td>{{Fraction(chain.Bytes.PerRoundPerSite, chain.Bytes.DensePerRoundPerSite)}}</td>
            <td>{{Quantities.Bytes(chain.Bytes.WireTotal)}}</td></tr>
            """))
        .Add($"</tbody></table></div></section>");

    public static Html Faults(DemoResult result)
    {
        var faults = result.Faults;
        var back = double.IsFinite(faults.RecoverySeconds);
        var kept = faults.Acknowledged == faults.AccountedFor;
        return new Html().Add(
            $$"""
            <section><h2>What was broken on purpose</h2>
            <div class="two">
            <div class="sheet"><h3>{{faults.KilledSite}} was killed in the middle of a round</h3>
            <p class="big">{{(back ? $"back after {Seconds(faults.RecoverySeconds)}" : "did not come back")}}</p>
            <p>{{(back ? "It started from its own journals and caught up with its peers." : "It did not reach the height of its peers before the run ended.")}}
            The PACS had been told of success for {{Count(faults.Acknowledged)}} images; spool, sample stores, quarantine and out-of-scope counts hold <span class="{{YesNo(kept)}}">{{Count(faults.AccountedFor)}}</span> of them.</p></div>
            <div class="sheet"><h3>One byte of a journal copy was altered</h3>
            <p class="big">{{(faults.TamperDetected ? "detected" : "not detected")}}</p>
            <p>{{(faults.TamperDetected ? "Verification refused the copy and named the first bad record:" : "Verification passed the altered copy.")}}</p>
            {{Record(faults)}}</div>
            </div></section>
            """);
    }

    private static Html Record(DemoResult.FaultRun faults) =>
        faults.TamperRecord.Length == 0 ? new Html() : new Html().Add($"<pre>{faults.TamperRecord}</pre>");

    public static Html Limits(DemoResult result) => new Html().Add(
        $$"""
        <section><h2>Limits</h2>
        <div class="sheet limits"><ul class="plain">
        <li><strong>The images are synthetic phantoms.</strong> They differ in scanner and case mix from hospital to hospital, yet they are drawn, not taken:
        the numbers say that the method works end to end, nothing about patients.</li>
        <li><strong>The test set was never used for a choice</strong>: not for stopping, nor by the bridge's gate, nor for a personal model. It is finite,
        and this is one run with one seed ({{result.Seed}}): a point or two between models may be chance.</li>
        <li><strong>Members of a chain see each other's updates.</strong> An update is partial, clipped and coarse, which is no proof against leakage; this run adds
        no noise, sums no update in secret, and attacks none.</li>
        <li><strong>All hospitals ran on one machine in one process.</strong> Bytes between them are counted at each institution's edge; delays, firewalls
        and partitions of a real network are not shown. No member lied: the faults are the two above.</li>
        </ul></div></section>
        """);

    private static Html Key(string role, string shape, string label) =>
        new Html().Add($"""<li class="{shape}" style="--swatch:var(--{role})">{label}</li>""");

    private static string PointsWithUnit(double difference) => double.IsFinite(difference) ? Points(difference) + " points" : "not measured";

    private static string YesNo(bool value) => value ? "yes" : "no";
}
