using Akka;
using Akka.Streams.Dsl;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest.Mirrors;

/// <summary>What a node's sample store holds and what comes later, for another node to copy; ends when the store's file is written anew.</summary>
internal static class SampleFeed
{
    /// <summary>Read at once; the pace is the copier's.</summary>
    private const int PageBytes = 4 * FeedFraming.PieceBytes;

    /// <summary>How often a store without news is looked at.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Goes on at a position of a writing; from the beginning where that is not this one.</summary>
    public static Source<byte[], NotUsed> From(FileSampleStore store, Guid writing, long position)
    {
        var current = store.Writing;
        long from = writing == current && store.ReadFrom(current, position, 1) is not null ? position : 0;
        return Source.Single(FeedFraming.Begin(current, from)).Concat(
            Source.UnfoldAsync(from, at => NextAsync(store, current, at)).SelectMany(page => page));
    }

    private static async Task<Akka.Util.Option<(long, IEnumerable<byte[]>)>> NextAsync(FileSampleStore store, Guid writing, long at)
    {
        while (true)
        {
            switch (store.ReadFrom(writing, at, PageBytes))
            {
                case null:
                    return Akka.Util.Option<(long, IEnumerable<byte[]>)>.None;
                case { Count: > 0 } records:
                    return (records[^1].Next, FeedFraming.Pieces(records));
            }

            await Task.Delay(Look).ConfigureAwait(false);
        }
    }
}
