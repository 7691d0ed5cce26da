using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Application;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Governance;

/// <summary>Four founders, a policy that wants two contributions, and institutions that come and go.</summary>
public sealed class MembershipTests
{
    private static readonly Ed25519Signer Fifth = TestChain.Signer(4), Sixth = TestChain.Signer(5);

    private readonly LearningWorld _world = new(new TestChain(policy: TestChain.Policy with { Rounds = 12, Quorum = 2 }));

    public MembershipTests() => _world.Step();

    private TestChain Chain => _world.Chain;

    private ChainRules Rules => _world.First.Rules;

    [Fact]
    public void A_change_decided_in_one_block_is_announced_by_the_next_and_in_force_from_the_one_after()
    {
        Decide(new GovernanceAction.Join(Possession("hospital-4", Fifth)));
        Assert.Equal((0L, 4, 5, true), (Rules.Epoch, Rules.Members.Count, Rules.NextMembers.Count, _world.First.WantsBlock));
        Assert.Contains("decided already", Refusal(0, new GovernanceAction.Leave("hospital-3")));

        Assert.Equal((1L, 5, 5), (Rules.Epoch, Rules.Members.Count, Rules.NextMembers.Count));
        Assert.Equal(4, Rules.PreviousMembers!.Count);
        // Four of five, and the fifth is one of them.
        var leave = new GovernanceAction.Leave("hospital-3");
        Vote(0, leave);
        Vote(1, leave);
        Vote(3, leave);
        Assert.False(Rules.EndsEpoch);
        Assert.Single(_world.StepAccepted(Ballot("hospital-4", Fifth, leave)).Events.OfType<GovernanceDecided>());
        var started = _world.Step().Events.OfType<EpochStarted>().Single();
        Assert.Equal((2L, "hospital-4"), (started.Epoch, started.Members[3].Id));
        Assert.Contains("not a member", _world.Step(Ballot(3, leave)).Receipts[0].Refusal);
    }

    [Fact]
    public void Who_may_join_and_with_which_key()
    {
        GovernanceAction Join(string id, Ed25519Signer key, long height = 0, Digest? block = null) =>
            new GovernanceAction.Join(KeyPossession.Create(Chain.Id, id, height, block ?? Chain.Id, key));
        Assert.Contains("lower-case kebab", Refusal(0, Join("Hospital 4", Fifth)));
        Assert.Contains("a member already", Refusal(0, Join("hospital-2", Fifth)));
        Assert.Contains("in use", Refusal(0, Join("hospital-4", Chain.Signers[1])));
        Assert.Contains("not shown that it follows", Refusal(0, Join("hospital-4", Fifth, 0, TestChain.Named("other"))));
        Assert.Contains("not shown that it follows", Refusal(0, Join("hospital-4", Fifth, 7, Chain.Id)));
        var forged = Possession("hospital-4", Fifth) with { Member = new Member("hospital-4", Sixth.PublicKey) };
        Assert.Contains("does not verify", Refusal(0, new GovernanceAction.Join(forged)));
        Assert.Contains("does not verify", Refusal(0, new GovernanceAction.RotateKey(Possession("hospital-1", Fifth) with { Height = 3 })));
        Assert.Contains("not a member", Refusal(0, new GovernanceAction.RotateKey(Possession("hospital-9", Fifth))));
    }

    [Fact]
    public void A_joiner_names_a_remembered_block_when_it_is_proposed_and_members_may_take_their_time()
    {
        while (_world.First.Height < 20)
            _world.Step();
        var (height, block) = _world.First.View.Checkpoint;
        Assert.Equal(16, height);
        var join = new GovernanceAction.Join(KeyPossession.Create(Chain.Id, "hospital-4", height, block, Fifth));
        Vote(0, join);
        for (int i = 0; i < MembershipMachine.CheckpointInterval * (MembershipMachine.RememberedCheckpoints + 1); i++)
            _world.Step();
        Assert.Contains("not shown", Refusal(1, new GovernanceAction.Join(KeyPossession.Create(Chain.Id, "hospital-5", height, block, Sixth))));
        Vote(1, join);
        Vote(2, join);
        Assert.True(Rules.EndsEpoch);
    }

    [Fact]
    public void A_key_that_was_given_up_or_revoked_never_comes_back_and_one_that_left_may()
    {
        Change(new GovernanceAction.RotateKey(Possession("hospital-3", Fifth)));
        Assert.Equal(("hospital-3", Fifth.PublicKey), (Rules.Members[3].Id, Rules.Members[3].Key));
        Assert.Contains("does not verify", _world.Step(Ballot(3, new GovernanceAction.Pause())).Receipts[0].Refusal);
        _world.StepAccepted(Ballot("hospital-3", Fifth, new GovernanceAction.Pause()));
        Assert.Contains("never taken again", Refusal(0, new GovernanceAction.RotateKey(Possession("hospital-3", Chain.Signers[3]))));

        Change(new GovernanceAction.Revoke("hospital-3"));
        Assert.Equal(-1, Rules.Members.IndexOf("hospital-3"));
        Assert.Contains("never taken again", Refusal(0, new GovernanceAction.Join(Possession("hospital-3", Fifth))));
        Change(new GovernanceAction.Join(Possession("hospital-3", Sixth)));

        Change(new GovernanceAction.Leave("hospital-2"), voters: [0, 1, 2]);
        Assert.Contains("not shown", Refusal(0, new GovernanceAction.Join(Possession("hospital-2", Chain.Signers[2]) with { Block = default })));
        Vote(0, new GovernanceAction.Join(Possession("hospital-2", Chain.Signers[2])));
    }

    [Fact]
    public void As_many_stay_as_the_policy_needs()
    {
        Change(new GovernanceAction.Leave("hospital-3"));
        Change(new GovernanceAction.Leave("hospital-2"));
        Assert.Contains("where the chain needs 2; change its policy first", Refusal(0, new GovernanceAction.Leave("hospital-1")));
        Assert.Contains("with 2 members", Refusal(0, new GovernanceAction.ChangePolicy(new PolicyChange(3, 9, 0, EquivocationPolicy.Exclude))));
    }

    [Fact]
    public void Rounds_votes_and_offers_follow_the_institution_whatever_its_seat()
    {
        var payload = TestChain.Named("payload");
        _world.StepAccepted(Chain.Factories[3].Create(Chain.Contribute(_world.First, payload)));
        Vote(3, new GovernanceAction.Stop());
        Change(new GovernanceAction.Leave("hospital-0"), voters: [0, 1, 2]);

        Assert.Equal(new RoundContribution("hospital-3", payload), Assert.Single(_world.Round.Contributions));
        Assert.Contains("already contributed", _world.Step(Chain.Factories[3].Create(
            new Contribution(1, _world.Round.Base, TestChain.Named("other"), 100, Chain.Acks(TestChain.Named("other"), 4)[1..]))).Receipts[0].Refusal);
        // Three are left, and with the deadline two contributions close the round.
        var second = TestChain.Named("second");
        _world.StepAccepted(Chain.Factories[1].Create(new Contribution(1, _world.Round.Base, second, 100, Chain.Acks(second, 4)[1..])));
        while (_world.Round.Phase == RoundPhase.Open)
            _world.Step();
        Assert.Equal(["hospital-1", "hospital-3"], _world.Round.Contributions.Select(c => c.Member));
    }

    [Fact]
    public void Evidence_of_the_epoch_before_convicts_the_institution_that_sat_there()
    {
        Change(new GovernanceAction.Leave("hospital-0"), voters: [0, 1, 2]);
        var proof = Evidence(seat: 3, epoch: 0);
        Assert.Equal("hospital-3", _world.First.Rules.MemberOf(proof));
        Assert.Null(_world.First.Rules.Verify(proof, Chain.Id, TestChain.Verifier));
        Change(new GovernanceAction.Leave("hospital-1"), voters: [1, 2, 3]);
        Assert.Contains("nor the one before", _world.First.Rules.Verify(proof, Chain.Id, TestChain.Verifier));
    }

    [Fact]
    public void Who_withdraws_contributes_no_more_still_votes_and_may_be_readmitted()
    {
        _world.StepAccepted(Chain.Factories[3].Create(Chain.Contribute(_world.First, TestChain.Named("payload"))));

        Assert.Contains("round 1 is the newest", _world.Step(Chain.Factories[3].Create(new Withdrawal(0, Erase: false))).Receipts[0].Refusal);
        var events = _world.StepAccepted(Chain.Factories[3].Create(new Withdrawal(1, Erase: true))).Events;

        Assert.Equal(new MemberWithdrew("hospital-3", 1, true), Assert.Single(events));
        Assert.Empty(_world.Round.Contributions);
        Assert.Equal(["hospital-3"], _world.Round.Withdrawn);
        Assert.Contains("has withdrawn", _world.Step(Chain.Factories[3].Create(Chain.Contribute(_world.First, TestChain.Named("again")))).Receipts[0].Refusal);
        // The three others are all that is waited for.
        _world.StepAccepted([.. Chain.Factories.Take(3).Select((f, i) => f.Create(Chain.Contribute(_world.First, TestChain.Named($"payload {i}"))))]);
        Assert.Equal(RoundPhase.Closed, _world.Round.Phase);
        foreach (int seat in (int[])[1, 2, 3])
            Vote(seat, new GovernanceAction.Readmit("hospital-3"));
        Assert.Empty(_world.Round.Withdrawn);
    }

    [Fact]
    public void The_policy_changes_where_it_may()
    {
        var changed = new PolicyChange(4, 50, 7, EquivocationPolicy.Record);
        var events = Decide(new GovernanceAction.ChangePolicy(changed));
        Assert.Equal(changed.ApplyTo(_world.First.Learning.Policy), Assert.IsType<PolicyChanged>(events[^1]).Policy);
        Assert.Equal(_world.First.View.Policy, changed.ApplyTo(_world.First.Learning.Policy));
        Assert.Contains("so already", Refusal(0, new GovernanceAction.ChangePolicy(changed)));
    }

    [Fact]
    public void The_first_version_refuses_what_it_has_no_words_for_until_it_is_upgraded_and_its_state_keeps_its_form()
    {
        var old = new LearningWorld(new TestChain(version: ProtocolVersion.FixedMembers));
        old.Step();
        Transaction Old(int seat, GovernanceAction action) => old.Chain.Factories[seat].Create(new GovernanceVote(old.First.View.Governance.Sequence, action));
        var pause = new GovernanceAction.SuspendBridge();
        Assert.Contains("needs protocol version 2", old.Step(Old(0, pause)).Receipts[0].Refusal);
        Assert.Contains("not a transaction", old.Step(old.Chain.Factories[0].Create(new Withdrawal(1, false))).Receipts[0].Refusal);
        Assert.Contains("does not follow", old.Step(Old(0, new GovernanceAction.Upgrade(3, 100))).Receipts[0].Refusal);
        Assert.Contains("too near", old.Step(Old(0, new GovernanceAction.Upgrade(2, old.First.Height + 1))).Receipts[0].Refusal);
        var upgrade = new GovernanceAction.Upgrade(2, old.First.Height + 4);
        old.StepAccepted([.. Enumerable.Range(0, 3).Select(seat => Old(seat, upgrade))]);
        Assert.Equal(upgrade, old.First.View.PendingUpgrade);
        old.Step();
        Assert.Equal(1, old.First.Rules.Version);

        Assert.Equal(new ProtocolUpgraded(2, upgrade.Height), Assert.Single(old.Step().Events));
        Assert.Equal((2, upgrade.Height - 1), (old.First.Rules.Version, old.First.Height));
        old.StepAccepted(Old(0, pause));
    }

    private Equivocation Evidence(int seat, long epoch)
    {
        return Equivocation.Of(StatementType.Prevote, epoch, 1, 0, seat, Say(1), Say(2));

        ConflictingStatement Say(byte what) => new(Digest.Of([what]), -1, Chain.Signers[seat].Sign(
            SignedStatement.Bytes(StatementType.Prevote, Chain.Id, epoch, 1, 0, Digest.Of([what]))));
    }

    private KeyPossession Possession(string id, Ed25519Signer key) => KeyPossession.Create(Chain.Id, id, 0, Chain.Id, key);

    private Transaction Ballot(int seat, GovernanceAction action) => Ballot($"hospital-{seat}", Chain.Signers[seat], action);

    private Transaction Ballot(string member, Ed25519Signer key, GovernanceAction action) =>
        new TransactionFactory(Chain.Id, member, key).Create(new GovernanceVote(_world.First.View.Governance.Sequence, action));

    private void Vote(int seat, GovernanceAction action) => _world.StepAccepted(Ballot(seat, action));

    private string Refusal(int seat, GovernanceAction action) => _world.Step(Ballot(seat, action)).Receipts[0].Refusal ?? "none";

    private IReadOnlyList<IChainEvent> Decide(GovernanceAction action, params int[] voters) =>
        _world.StepAccepted([.. (voters is [] ? [0, 1, 2] : voters).Select(seat => Ballot(seat, action))]).Events;

    private void Change(GovernanceAction action, params int[] voters)
    {
        long epoch = Rules.Epoch;
        Decide(action, voters);
        _world.Step();
        Assert.Equal(epoch + 1, Rules.Epoch);
    }
}
