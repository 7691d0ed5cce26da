using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

public sealed class StateSyncTests
{
    private const long Gap = 100;

    private readonly StateSync _sync = new(4, Gap);

    [Fact]
    public void Nobody_is_asked_by_a_replica_that_is_hardly_behind()
    {
        Assert.False(_sync.Begin(Gap - 1));
        Assert.True(_sync.Begin(Gap));
        Assert.True(_sync.IsActive);
        Assert.False(_sync.Begin(Gap));
    }

    [Fact]
    public void The_highest_offer_is_fetched_and_after_a_failure_the_next()
    {
        _sync.Begin(Gap);
        _sync.Offered(1, Offer(500, 1));
        _sync.Offered(2, Offer(700, 2));
        _sync.Offered(3, Offer(500, 1));
        Assert.Null(_sync.Tick(1));
        Assert.Equal(700, _sync.Tick(1)!.StateHeight);
        Assert.Null(_sync.Tick(1));

        Assert.Equal([2], _sync.Failed(isLie: true));
        _sync.Offered(2, Offer(700, 2));
        Assert.Null(_sync.Tick(1));
        Assert.Equal(500, _sync.Tick(1)!.StateHeight);
        Assert.Equal([1, 3], _sync.Failed(isLie: false));
    }

    [Fact]
    public void Without_a_useful_offer_blocks_are_fetched_until_the_replica_was_in_step_once()
    {
        _sync.Begin(Gap);
        _sync.Offered(1, Offer(40, 1));
        for (int tick = 0; tick < StateSync.Patience; tick++)
            Assert.Null(_sync.Tick(1));
        Assert.False(_sync.IsActive);
        Assert.False(_sync.Begin(10 * Gap));

        Assert.False(_sync.Begin(0));
        Assert.True(_sync.Begin(Gap));
    }

    [Fact]
    public void An_offer_that_nobody_asked_for_is_not_remembered()
    {
        _sync.Offered(1, Offer(500, 1));
        _sync.Begin(Gap);
        Assert.Null(_sync.Tick(1));
        Assert.Null(_sync.Tick(1));
    }

    private static ChainMessage.SnapshotOffer Offer(long height, byte content) => new(
        new CertifiedHeader(ConsensusSamples.Block.Header with { Height = height + 1 }, ConsensusSamples.Committed.Certificate),
        ConsensusSamples.D(content), 1000);
}
