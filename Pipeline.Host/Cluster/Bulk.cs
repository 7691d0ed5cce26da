using Akka.Streams;
using Akka.Streams.Dsl;

namespace Pipeline.Host.Cluster;

/// <summary>Bytes of any length to another node: pieces far below the frame limit, at the receiver's pace, so that heartbeats pass between them.</summary>
internal static class Bulk
{
    public const int PieceBytes = 60_000;

    /// <summary>Good for one reader, who must come within Akka's subscription time-out (30 s).</summary>
    public static Task<ISourceRef<byte[]>> OfferAsync(byte[] bytes, IMaterializer materializer) =>
        Source.From(bytes.Chunk(PieceBytes)).RunWith(StreamRefs.SourceRef<byte[]>(), materializer);

    /// <param name="length">As announced.</param>
    /// <param name="limit">No more is read or allocated.</param>
    /// <exception cref="InvalidDataException">More was announced, or something else came.</exception>
    public static async Task<byte[]> CollectAsync(ISourceRef<byte[]> pieces, long length, long limit, IMaterializer materializer)
    {
        if (length < 0 || length > limit)
            throw new InvalidDataException($"{length} bytes announced by another node where {limit} are the most");
        var whole = new byte[length];
        int read = await pieces.Source.RunAggregate(0, (at, piece) =>
        {
            if (piece.Length > whole.Length - at)
                throw new InvalidDataException($"more than the {length} bytes that another node announced");
            piece.CopyTo(whole, at);
            return at + piece.Length;
        }, materializer).ConfigureAwait(false);
        return read == whole.Length ? whole : throw new InvalidDataException($"{read} of the {length} bytes that another node announced");
    }
}
