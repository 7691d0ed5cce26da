using CsCheck;
using Pipeline.Ledger.Payloads;
using Xunit;

namespace Pipeline.Tests.Ledger.Payloads;

public sealed class PayloadChunksTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(PayloadChunks.Size, 1)]
    [InlineData(PayloadChunks.Size + 1, 2)]
    [InlineData(7 * PayloadChunks.Size + 5, 8)]
    public void Every_chunk_is_proved_and_an_altered_moved_or_cut_one_is_not(int size, int count)
    {
        var payload = new byte[size];
        new Random(size).NextBytes(payload);
        var chunks = new PayloadChunks(payload);
        Assert.Equal(count, chunks.Count);
        Assert.Equal(payload, Enumerable.Range(0, count).SelectMany(i => chunks[i].ToArray()));

        for (int i = 0; i < count; i++)
        {
            var path = chunks.PathOf(i);
            Assert.True(PayloadChunks.Verify(chunks.Root, size, i, chunks[i].Span, path));
            var altered = chunks[i].ToArray();
            altered[^1] ^= 1;
            Assert.False(PayloadChunks.Verify(chunks.Root, size, i, altered, path));
            Assert.False(PayloadChunks.Verify(chunks.Root, size, i, chunks[i].Span[1..], path));
            Assert.False(PayloadChunks.Verify(chunks.Root, size, i + 1, chunks[i].Span, path));
            Assert.False(PayloadChunks.Verify(chunks.Root, size, -1, chunks[i].Span, path));
            Assert.False(PayloadChunks.Verify(Golden.Filled(1), size, i, chunks[i].Span, path));
        }
    }

    [Fact]
    public void A_size_beyond_4_GiB_or_of_nothing_has_no_chunks()
    {
        Assert.Throws<ArgumentException>(() => PayloadChunks.CountOf(0));
        Assert.Throws<ArgumentException>(() => PayloadChunks.CountOf((1L << 32) + 1));
        Assert.Equal(PayloadChunks.MaxCount, PayloadChunks.CountOf(1L << 32));
    }

    [Fact]
    public void A_download_survives_slow_and_lying_holders_in_any_order() =>
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var random = new Random(seed);
            var payload = new byte[random.Next(1, 5 * PayloadChunks.Size)];
            random.NextBytes(payload);
            var honest = new PayloadChunks(payload);
            var fake = new PayloadChunks(new byte[random.Next(1, 5 * PayloadChunks.Size)]);
            var download = new PayloadDownload(Pipeline.Ledger.Crypto.Digest.Of(payload), 6 * PayloadChunks.Size, window: 2);
            string[] holders = ["honest", "forger", "corrupter", "sleeper"];
            foreach (string holder in holders.OrderBy(_ => random.Next()))
            {
                var claim = holder == "forger" ? fake : honest;
                Assert.True(download.AddHolder(holder, claim.Payload.Length, claim.Root));
            }

            byte[]? done = null;
            for (int step = 0; step < 200 && done is null; step++)
            {
                var requests = download.NextRequests();
                string source = download.Source!;
                if (source == "sleeper" || requests.Count == 0)
                {
                    download.SwitchSource();
                    continue;
                }

                foreach (int i in requests)
                {
                    var served = source == "forger" ? fake : honest;
                    var bytes = served[i].ToArray();
                    if (source == "corrupter")
                        bytes[0] ^= 1;
                    download.OnChunk(source, i, bytes, served.PathOf(i));
                    if (download.Source != source)
                        break;
                }

                done = download.TryComplete();
            }

            Assert.Equal(payload, done);
            Assert.False(download.IsLiar("honest"));
            Assert.False(download.IsLiar("sleeper"));
        }, iter: 50);

    [Fact]
    public void A_download_takes_no_chunk_it_did_not_ask_for_and_no_impossible_claim()
    {
        var chunks = new PayloadChunks([1, 2, 3]);
        var download = new PayloadDownload(Pipeline.Ledger.Crypto.Digest.Of([1, 2, 3]), maxBytes: 3, window: 1);
        Assert.False(download.AddHolder("a", 4, chunks.Root));
        Assert.False(download.AddHolder("a", 0, chunks.Root));
        Assert.True(download.AddHolder("a", 3, chunks.Root));

        Assert.False(download.OnChunk("a", 0, [1, 2, 3], []));
        Assert.Equal([0], download.NextRequests());
        Assert.Empty(download.NextRequests());
        Assert.False(download.OnChunk("b", 0, [1, 2, 3], []));
        Assert.False(download.OnChunk("a", 1, [1, 2, 3], []));
        Assert.True(download.OnChunk("a", 0, [1, 2, 3], []));
        Assert.Equal([1, 2, 3], download.TryComplete());
    }
}
