using Pipeline.Ledger.Application;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

/// <summary>What a chain with differential privacy holds its members to.</summary>
public sealed class PrivacyReportsTests
{
    private static readonly TestChain Private = new(policy: TestChain.Policy with
    {
        Privacy = new PrivacyPolicy(PrivacyUnit.Patient, 4, RoundPolicy.One, 1_100_000, 10_000, 8_000_000),
    });

    private readonly LearningApplication _application = Opened(Private);

    [Fact]
    public void A_contribution_without_a_report_is_refused() => Assert.Contains("reports nothing", Contribute(0, 0), StringComparison.Ordinal);

    [Fact]
    public void A_report_beyond_the_budget_is_refused() => Assert.Contains("budget is 8000000", Contribute(0, 8_000_001), StringComparison.Ordinal);

    [Fact]
    public void A_chain_without_differential_privacy_takes_no_report()
    {
        var plain = new TestChain();
        Assert.Contains("no differential privacy", Contribute(plain, Opened(plain), 0, 1), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_spent_is_in_the_view_at_once_told_when_the_round_closes_and_never_taken_back()
    {
        Assert.Null(Contribute(0, 1_000_000));
        Assert.Equal(1_000_000, _application.View.Round.SpentBy("hospital-0"));
        Assert.Equal(0, _application.View.Round.SpentBy("hospital-1"));
        Assert.Null(Contribute(1, 1_100_000));
        Assert.Null(Contribute(2, 1_200_000));
        var transaction = Transaction(Private, _application, 3, 1_300_000);
        var told = Private.Apply(_application, transaction).Events;
        Assert.Equal([1_000_000, 1_100_000, 1_200_000, 1_300_000], told.OfType<PrivacySpent>().Select(s => s.SpentMicro));

        var model = TestChain.Named("next");
        Private.Apply(_application, [.. Private.Factories.Select(f => f.Create(new Attestation(1, model, model)))]);
        Assert.Equal((2, RoundPhase.Open), (_application.View.Round.Round, _application.View.Round.Phase));
        Assert.Contains("does not come back", Contribute(0, 999_999), StringComparison.Ordinal);
        Assert.Null(Contribute(0, 1_500_000));
    }

    [Fact]
    public void A_restored_replica_remembers_what_was_reported()
    {
        Assert.Null(Contribute(2, 2_000_000));
        var machine = new RoundMachine(Private.Id, Private.Members, Private.Learning.Policy, Private.InitialModel.Digest, TestChain.Verifier);
        var snapshot = new RoundSnapshot(
            RoundPhase.Waiting, false, 0, 3, Private.InitialModel.Digest, TestChain.Named("seed"), 0, new Contribution?[4], new Attestation?[4],
            new Metrics?[4], new bool[4], [], [], [])
        {
            Spent = _application.View.Round.Spent,
        };
        machine.Restore(Canonical.Decode<RoundSnapshot>(Canonical.Encode(snapshot)), Private.Members);
        Assert.Equal(2_000_000, machine.Info.SpentBy("hospital-2"));
    }

    [Fact]
    public void Policies_keep_their_bytes_and_round_trip()
    {
        Golden.Check(new PrivacyPolicy(PrivacyUnit.Patient, 4, 65_536, 1_100_000, 10_000, 8_000_000), "86 01 04 1a00010000 1a0010c8e0 192710 1a007a1200");
        Golden.Check(AggregationPolicy.Robust(1), "84 01 01 f5 f5");
        Golden.Check(new PrivacySpent("a", 3, 1_000), "83 6161 03 1903e8");
        Assert.Equal(0x8f, Canonical.Encode(TestChain.Policy)[0]);
        var both = Private.Learning.Policy with { Aggregation = AggregationPolicy.Robust(1) };
        var decoded = Canonical.Decode<RoundPolicy>(Canonical.Encode(both));
        Assert.Equal((both.Privacy, both.Aggregation), (decoded.Privacy, decoded.Aggregation));
        Assert.Equal(0x91, Canonical.Encode(both)[0]);
    }

    private string? Contribute(int member, long spent) => Contribute(Private, _application, member, spent);

    private static string? Contribute(TestChain chain, LearningApplication application, int member, long spent) =>
        Assert.Single(chain.Apply(application, Transaction(chain, application, member, spent)).Receipts).Refusal;

    private static Pipeline.Ledger.Blocks.Transaction Transaction(TestChain chain, LearningApplication application, int member, long spent) =>
        chain.Factories[member].Create(chain.Contribute(application, TestChain.Named($"{member}/{spent}")) with { SpentMicro = spent });

    private static LearningApplication Opened(TestChain chain)
    {
        var application = chain.Start();
        chain.Apply(application);
        return application;
    }
}
