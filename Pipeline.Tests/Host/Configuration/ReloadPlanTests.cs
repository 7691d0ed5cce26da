using Pipeline.Host.Configuration;
using Xunit;

namespace Pipeline.Tests.Host.Configuration;

/// <summary>What reading a configuration again amounts to, key by key.</summary>
public sealed class ReloadPlanTests
{
    private const string Chains = "pipeline.chains.hand.ae-title = HAND\npipeline.dicom.peers.pacs.hosts = \"10.0.0.1\"\npipeline.gateway.peers.south.address = \"s:1\"\n";

    [Fact]
    public void Every_marked_key_is_taken_on_and_every_other_one_is_refused_by_its_name()
    {
        var running = Values(Chains);
        Assert.True(running.Count > 150, $"{running.Count} keys");
        foreach (var value in running.Values)
        {
            var changed = value with { Value = "other", Whole = "other" };
            var plan = ReloadPlan.Of(running, [.. running.Values.Where(v => v.Key != value.Key), changed]);
            bool live = LiveKeys.All.Contains(NamedSections.ReferenceOf(value.Key));
            Assert.Equal((live ? 1 : 0, live ? 0 : 1), (plan.Live.Count, plan.Restart.Count));
            Assert.Equal(live ? "other" : value.Value, plan.InForce[value.Key].Value);
            string line = plan.Describe()[0];
            Assert.StartsWith($"{value.Key}: from {value.Value} to other", line, StringComparison.Ordinal);
            Assert.Equal(!live, line.EndsWith("needs a restart", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Peers_of_DICOM_come_and_go_as_a_whole_and_chains_and_members_do_not()
    {
        var without = Values("");
        var with = Values(Chains);
        Assert.Equal(
        [
            "pipeline.dicom.peers.pacs is new", "pipeline.chains.hand is new, needs a restart", "pipeline.gateway.peers.south is new, needs a restart",
            "1 change taken on, 2 left for a restart",
        ], ReloadPlan.Of(without, [.. with.Values]).Describe());
        var plan = ReloadPlan.Of(with, [.. without.Values]);
        Assert.Equal(["pipeline.dicom.peers.pacs is gone"], plan.Live.Select(change => change.Describe()));
        Assert.DoesNotContain(plan.InForce.Keys, key => key.StartsWith("pipeline.dicom.peers.", StringComparison.Ordinal));
        Assert.Contains("pipeline.chains.hand.ae-title", plan.InForce.Keys);
    }

    [Fact]
    public void A_secret_that_changes_is_seen_and_not_shown()
    {
        string one = new('a', 64), two = new('b', 64);
        var plan = ReloadPlan.Of(Values($"pipeline.encryption.keys = {one}"), [.. Values($"pipeline.encryption.keys = {two}").Values]);
        var change = Assert.Single(plan.Restart);
        Assert.Equal("pipeline.encryption.keys", change.Key);
        Assert.DoesNotContain(plan.Describe(), line => line.Contains(one, StringComparison.Ordinal) || line.Contains(two, StringComparison.Ordinal));
    }

    private static Dictionary<string, EffectiveValue> Values(string text)
    {
        var result = SiteConfiguration.Parse("pipeline.site { name = north, data-directory = data }\n" + text, "test.conf", new Dictionary<string, string>(), out _);
        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        return result.Configuration!.Values.ToDictionary(value => value.Key);
    }
}
