namespace Pipeline.Ledger.Rounds;

/// <summary>A tensor's stretch of a numbering: <paramref name="Start"/> … in the numbering is <paramref name="FlatStart"/> … in the flat vector.</summary>
public readonly record struct CoordinateRun(int Start, int FlatStart, int Length, int FractionBits);

/// <summary>
/// The two numberings of a layout's coordinates and where they lie in the flat parameter vector: backbone positions (the concatenated
/// backbone tensors, what an update selects from) and dense positions (the concatenated norm and head tensors, always sent).
/// </summary>
public sealed class CoordinateMap
{
    private readonly CoordinateRun[] _backbone;
    private readonly CoordinateRun[] _dense;

    internal CoordinateMap(IReadOnlyList<TensorLayout> tensors, IReadOnlyList<int> offsets)
    {
        var backbone = new List<CoordinateRun>();
        var dense = new List<CoordinateRun>();
        int backboneLength = 0, denseLength = 0;
        for (int t = 0; t < tensors.Count; t++)
        {
            int length = tensors[t].Length;
            if (tensors[t].Role == ParameterRole.Backbone)
            {
                backbone.Add(new CoordinateRun(backboneLength, offsets[t], length, tensors[t].FractionBits));
                backboneLength += length;
            }
            else
            {
                dense.Add(new CoordinateRun(denseLength, offsets[t], length, tensors[t].FractionBits));
                denseLength += length;
            }
        }

        _backbone = [.. backbone];
        _dense = [.. dense];
    }

    /// <summary>The backbone tensors, in layout order.</summary>
    public ReadOnlySpan<CoordinateRun> Backbone => _backbone;

    /// <summary>The norm and head tensors, in layout order.</summary>
    public ReadOnlySpan<CoordinateRun> Dense => _dense;

    /// <summary>The run that holds a backbone position. O(log tensors).</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such position.</exception>
    public CoordinateRun BackboneRun(int position)
    {
        int low = 0, high = _backbone.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (position < _backbone[middle].Start)
                high = middle - 1;
            else if (position >= _backbone[middle].Start + _backbone[middle].Length)
                low = middle + 1;
            else
                return _backbone[middle];
        }

        throw new ArgumentOutOfRangeException(nameof(position), position, "not a backbone position");
    }

    /// <summary>Flat index of a backbone position. For many ascending positions <see cref="ToFlat"/> is faster.</summary>
    public int ToFlat(int position)
    {
        var run = BackboneRun(position);
        return run.FlatStart + position - run.Start;
    }

    /// <summary>Backbone position of a flat index, or −1 where the coordinate is norm or head.</summary>
    public int ToBackbone(int flat)
    {
        int low = 0, high = _backbone.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (flat < _backbone[middle].FlatStart)
                high = middle - 1;
            else if (flat >= _backbone[middle].FlatStart + _backbone[middle].Length)
                low = middle + 1;
            else
                return _backbone[middle].Start + flat - _backbone[middle].FlatStart;
        }

        return -1;
    }

    /// <summary>Flat indices of strictly ascending backbone positions, in one pass.</summary>
    public void ToFlat(ReadOnlySpan<int> ascending, Span<int> flat)
    {
        int run = 0;
        for (int i = 0; i < ascending.Length; i++)
        {
            while (ascending[i] >= _backbone[run].Start + _backbone[run].Length)
                run++;
            flat[i] = _backbone[run].FlatStart + ascending[i] - _backbone[run].Start;
        }
    }

    /// <summary>Copies the norm and head coordinates out of a flat vector.</summary>
    public void GatherDense<T>(ReadOnlySpan<T> flat, Span<T> dense)
    {
        foreach (var run in _dense)
            flat.Slice(run.FlatStart, run.Length).CopyTo(dense[run.Start..]);
    }

    /// <summary>Copies the backbone coordinates out of a flat vector.</summary>
    public void GatherBackbone<T>(ReadOnlySpan<T> flat, Span<T> backbone)
    {
        foreach (var run in _backbone)
            flat.Slice(run.FlatStart, run.Length).CopyTo(backbone[run.Start..]);
    }
}
