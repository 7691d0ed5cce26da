using Pipeline.Actors.Updates;

namespace Pipeline.Actors.Training;

/// <summary>In which order a training draws its images: shuffled anew when all were seen.</summary>
/// <param name="count">Images.</param>
/// <param name="random">Shuffles, and augments what is drawn.</param>
public sealed class BatchOrder(int count, SeededRandom random)
{
    private readonly int[] _order = [.. Enumerable.Range(0, count)];
    private int _next = count;

    public SeededRandom Random => random;

    /// <summary>Index of the next image.</summary>
    public int Next()
    {
        if (_next == _order.Length)
        {
            random.Shuffle(_order.AsSpan());
            _next = 0;
        }

        return _order[_next++];
    }
}
