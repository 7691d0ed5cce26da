using Pipeline.Ledger.Consensus;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Seat 0 of seven, of which two may be faulty: it signs once four others have spoken, at a height that no three of them have left.</summary>
public sealed class CatchUpTests
{
    private readonly CatchUp _catchUp = new(7, 0);

    [Fact]
    public void Nobody_signs_before_a_quorum_has_answered()
    {
        for (int seat = 1; seat <= 3; seat++)
        {
            _catchUp.Report(seat, 5, isAnswer: true);
            Assert.Equal(-1, Update(5));
            Assert.True(_catchUp.IsSyncing && _catchUp.ShouldAsk);
        }

        // What a member says unasked tells nothing of what it holds of the own signatures.
        _catchUp.Report(4, 5, isAnswer: false);
        Update(5);
        Assert.True(_catchUp.IsSyncing);

        _catchUp.Report(4, 5, isAnswer: true);
        Assert.Equal(-1, Update(5));
        Assert.False(_catchUp.IsSyncing || _catchUp.ShouldAsk);
    }

    [Fact]
    public void Two_liars_neither_hold_a_member_back_nor_hurry_it()
    {
        Report(1000, 1000, 5, 5);
        Update(5);
        Assert.False(_catchUp.IsSyncing);

        Report(1, 1, 9, 9, 9);
        Update(5);
        Assert.True(_catchUp.IsSyncing);
    }

    [Fact]
    public void Who_synced_catches_up_fully_and_who_is_in_step_may_be_a_block_behind()
    {
        Report(6, 6, 6, 6);
        Update(5);
        Assert.True(_catchUp.IsSyncing);
        Update(6);
        Assert.False(_catchUp.IsSyncing);
        Report(7, 7, 7, 7);
        Update(6);
        Assert.False(_catchUp.IsSyncing);
        Report(8, 8, 8, 8);
        Update(6);
        Assert.True(_catchUp.IsSyncing);
    }

    [Fact]
    public void One_source_is_asked_at_a_time_the_next_when_it_is_silent_and_a_liar_no_more()
    {
        Report(9, 9, 9, 9);
        Assert.Equal(1, Update(5));
        Assert.Equal(-1, Update(5));
        Assert.False(_catchUp.TryAccept(2));
        Assert.True(_catchUp.TryAccept(1));
        Assert.False(_catchUp.TryAccept(1));
        Assert.Equal(-1, _catchUp.Update(5, hasFetched: true));
        Assert.Equal(2, Update(5));
        for (int i = 0; i < 4; i++)
            _catchUp.Tick();
        Assert.Equal(3, Update(5));
        Assert.True(_catchUp.TryAccept(3));
        _catchUp.Distrust(4);
        Assert.Equal(1, Update(5));
    }

    [Fact]
    public void An_observer_always_asks_and_a_lone_member_never_waits()
    {
        var observer = new CatchUp(4, -1);
        foreach (int seat in Enumerable.Range(0, 4))
            observer.Report(seat, 2, isAnswer: true);
        Assert.Equal(0, observer.Update(1, hasFetched: false));
        Assert.True(observer.TryAccept(0));
        observer.Update(2, hasFetched: false);
        Assert.True(observer.ShouldAsk);

        var alone = new CatchUp(1, 0);
        alone.Update(1, hasFetched: false);
        Assert.False(alone.IsSyncing);
    }

    private int Update(long height) => _catchUp.Update(height, hasFetched: false);

    private void Report(params long[] heights)
    {
        for (int i = 0; i < heights.Length; i++)
            _catchUp.Report(i + 1, heights[i], isAnswer: true);
    }
}
