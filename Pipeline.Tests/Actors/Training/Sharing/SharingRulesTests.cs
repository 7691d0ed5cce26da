using Pipeline.Actors.Training.Sharing;
using Xunit;

namespace Pipeline.Tests.Actors.Training.Sharing;

/// <summary>Who gets which part, when sharing is worth it, and who is left out for how long.</summary>
public sealed class SharingRulesTests
{
    [Theory]
    [InlineData(16, 1, "0+16")]
    [InlineData(16, 2, "0+8 8+8")]
    [InlineData(17, 3, "0+5 5+6 11+6")]
    [InlineData(8, 3, "0+4 4+4")]
    [InlineData(7, 4, "0+7")]
    [InlineData(3, 2, "0+3")]
    public void A_batch_is_cut_evenly_and_no_part_is_too_small(int images, int trainers, string parts) =>
        Assert.Equal(parts, string.Join(' ', BatchSplit.Of(images, trainers).Select(part => $"{part.Start}+{part.Count}")));

    [Fact]
    public void Steps_are_shared_where_what_is_saved_is_more_than_what_it_costs()
    {
        var pace = new SharingPace();
        Assert.False(pace.IsWorth(16, 8, ["b"]), "nothing is known before a round alone");
        pace.Take([Alone(16, 160), Alone(16, 160), Alone(16, 2000)]);
        Assert.True(pace.IsWorth(16, 8, ["b"]), "sharing is tried once");
        // 10 ms an image, and 30 ms of exchange: 80 ms are saved.
        pace.Take([Shared(16, 2, 110), Shared(16, 2, 110), Shared(16, 2, 2000)]);
        Assert.Equal((0.010, 0.030), (Math.Round(pace.Image!.Value, 6), Math.Round(pace.Exchange!.Value, 6)));
        Assert.True(pace.IsWorth(16, 8, ["b"]));
        Assert.False(pace.IsWorth(4, 2, ["b"]));
        Assert.False(pace.IsWorth(7, 7, ["b"]));
        // A slow node's lateness is exchange too: (30 + 220) / 2 ms.
        pace.Take([Shared(16, 2, 300)]);
        Assert.Equal(0.125, pace.Exchange!.Value, 6);
        Assert.False(pace.IsWorth(16, 8, ["b"]));
        Assert.True(pace.IsWorth(32, 16, ["b"]));
    }

    [Theory]
    [InlineData(16, 1, 100)]
    [InlineData(160, 2, 100)]
    public void The_other_way_is_tried_again_after_a_while(double alone, int parts, double shared)
    {
        var pace = new SharingPace();
        pace.Take([Alone(16, alone)]);
        Assert.True(pace.IsWorth(16, 8, ["b"]));
        pace.Take([Shared(16, 2, shared)]);
        bool worth = pace.IsWorth(16, 8, ["b"]);
        Assert.Equal(parts > 1, worth);
        if (!worth)
            pace.Take([Alone(16, alone)]);
        for (int round = 1; round < SharingPace.TryAgainAfter; round++)
        {
            Assert.Equal(worth, pace.IsWorth(16, 8, ["b"]));
            pace.Take([worth ? Shared(16, 2, shared) : Alone(16, alone)]);
        }

        Assert.NotEqual(worth, pace.IsWorth(16, 8, ["b"]));
        pace.Take([worth ? Alone(16, alone) : Shared(16, 2, shared)]);
        Assert.Equal(worth, pace.IsWorth(16, 8, ["b"]));
    }

    [Fact]
    public void With_other_nodes_the_exchange_is_measured_anew()
    {
        var pace = new SharingPace();
        pace.Take([Alone(16, 16)]);
        Assert.True(pace.IsWorth(16, 8, ["b"]));
        pace.Take([Shared(16, 2, 100)]);
        Assert.False(pace.IsWorth(16, 8, ["b"]));
        Assert.True(pace.IsWorth(18, 6, ["b", "c"]));
    }

    [Fact]
    public void A_node_that_failed_rests_longer_each_time_until_it_has_helped()
    {
        var rests = new HelperRests();
        Assert.Equal([1, 2, 4], Enumerable.Range(0, 3).Select(_ => Rest()));
        rests.Take([], ["b"]);
        Assert.Equal(1, Rest());
        for (int i = 0; i < 10; i++)
            Rest();
        Assert.Equal(64, Rest());

        int Rest()
        {
            rests.Take(["b"], ["c"]);
            int rounds = 0;
            for (; rests.IsResting("b"); rounds++)
            {
                Assert.False(rests.IsResting("c"));
                rests.Take([], ["c"]);
            }

            return rounds;
        }
    }

    private static StepTime Alone(int batch, double time) => Shared(batch, 1, time);

    private static StepTime Shared(int batch, int parts, double time) => new(batch, parts, TimeSpan.FromMilliseconds(time));
}
