using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

/// <summary>A round machine with trials and a twin that is restored from its snapshot after every block: both must say the same.</summary>
internal sealed class TrialBench
{
    private readonly TestChain _chain = new();
    private RoundMachine _twin;

    /// <param name="share">× 10⁶</param>
    public TrialBench(int rounds = 20, int each = 2, int share = 500_000)
    {
        Policy = TestChain.Policy with { Rounds = rounds, Trial = new TrialPolicy(each, share, 80_000) };
        Machine = New();
        _twin = New();
        Members = _chain.Members;
    }

    public RoundPolicy Policy { get; }

    public RoundMachine Machine { get; }

    public MemberSet Members { get; private set; }

    public long Height { get; private set; }

    public RoundInfo Info => Machine.Info;

    public Digest InitialModel => _chain.InitialModel.Digest;

    public static AuxiliaryBlend Blend(string name = "offer") => new(TestChain.Named(name), 5);

    public RoundSnapshot Snapshot => Machine.Snapshot(ProtocolVersion.Newest);

    public List<IChainEvent> Schedule(string name = "offer") => Both((machine, events) => machine.Schedule(Blend(name), events));

    public List<IChainEvent> End()
    {
        Height++;
        var events = Both((machine, all) => machine.EndBlock(Height, TestChain.Named($"block {Height}"), all));
        Save();
        return events;
    }

    /// <summary>The twin goes on from the canonical bytes.</summary>
    public void Save()
    {
        byte[] bytes = Canonical.Encode(Snapshot);
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(Canonical.Encode(_twin.Snapshot(ProtocolVersion.Newest))));
        _twin = Restored(Canonical.Decode<RoundSnapshot>(bytes));
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(Canonical.Encode(_twin.Snapshot(ProtocolVersion.Newest))));
        Assert.Equal(Machine.WantsBlock, _twin.WantsBlock);
    }

    public RoundMachine Restored(RoundSnapshot snapshot)
    {
        var machine = New();
        machine.Restore(snapshot, Members);
        return machine;
    }

    public List<IChainEvent> Both(Action<RoundMachine, List<IChainEvent>> act)
    {
        List<IChainEvent> events = [], again = [];
        act(Machine, events);
        act(_twin, again);
        Assert.Equal(events.Select(e => e.ToString()), again.Select(e => e.ToString()));
        return events;
    }

    public void Do(Action<RoundMachine> act) => Both((machine, _) => act(machine));

    public string? Try(Func<RoundMachine, string?> act)
    {
        string? said = act(Machine);
        Assert.Equal(said, act(_twin));
        return said;
    }

    public void Seat(MemberSet members)
    {
        Do(machine => machine.Seat(members));
        Members = members;
        Save();
    }

    public string? Contribute(string member)
    {
        var payload = TestChain.Named($"payload of {member} to {Info.Round}");
        return Try(machine => machine.Apply(member, new Contribution(machine.Info.Round, machine.Info.Base, payload, 10, _chain.Acks(payload))));
    }

    public string? Attest(string member, string? model = null)
    {
        var digest = TestChain.Named(model ?? $"model {Info.Round}");
        return Try(machine => machine.Apply(member, new Attestation(machine.Info.Round, digest, TestChain.Named($"backbone {Info.Round}"))));
    }

    public string? Vote(string member, long began, bool accept) => Vote(member, began, accept ? 4 : -4);

    public string? Vote(int seat, bool accept) => Vote($"hospital-{seat}", Info.Trial?.Began ?? 1, accept);

    public string? Vote(int seat, int gain) => Vote($"hospital-{seat}", Info.Trial?.Began ?? 1, gain);

    private string? Vote(string member, long began, int gain) => Try(machine => machine.Apply(member, new TrialVote(began, gain)));

    /// <summary>Everybody contributes; the round closes.</summary>
    public RoundClosed Close()
    {
        foreach (var member in Members.Members)
            Contribute(member.Id);
        return Assert.Single(End().OfType<RoundClosed>());
    }

    /// <summary>The open round ends in the model that is named after it.</summary>
    public List<IChainEvent> Play()
    {
        Close();
        foreach (var member in Members.Members)
            Assert.Null(Attest(member.Id));
        return End();
    }

    /// <summary>Rounds until members judge.</summary>
    public TrialReady PlayTrial()
    {
        for (int round = 0; round < Policy.Trial!.TotalRounds - 1; round++)
            Assert.Empty(Play().OfType<TrialReady>());
        return Assert.Single(Play().OfType<TrialReady>());
    }

    private RoundMachine New() => new(_chain.Id, _chain.Members, Policy, _chain.InitialModel.Digest, TestChain.Verifier);
}
