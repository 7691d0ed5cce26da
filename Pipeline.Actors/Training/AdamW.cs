using System.Numerics;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019), β = (0.9, 0.999), over one flat vector in managed memory: its moments are persisted with the site's
/// residual, and give the same bits on every run.
/// </summary>
public sealed class AdamW
{
    private const float Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;

    private readonly bool[] _decayed;

    public AdamW(ModelLayout layout)
    {
        First = new float[layout.Length];
        Second = new float[layout.Length];
        // Norms and biases are not decayed.
        _decayed = [.. layout.Tensors.Select(t => t.Shape.Count > 1)];
        Layout = layout;
    }

    public ModelLayout Layout { get; }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    public float[] First { get; }

    public float[] Second { get; }

    /// <summary>Takes up the moments of an earlier run.</summary>
    /// <exception cref="ArgumentException">A moment is not of the layout's length.</exception>
    public void Restore(long steps, ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        if (first.Length != First.Length || second.Length != Second.Length)
            throw new ArgumentException($"moments of {first.Length} and {second.Length} values where the layout has {First.Length}");
        first.CopyTo(First);
        second.CopyTo(Second);
        Steps = steps;
    }

    public void Reset()
    {
        Array.Clear(First);
        Array.Clear(Second);
        Steps = 0;
    }

    /// <summary>Moves <paramref name="weights"/> by one step.</summary>
    /// <param name="moving">By role: whether tensors of that role move; the others, and their moments, stay.</param>
    public void Step(Span<float> weights, ReadOnlySpan<float> gradient, double rate, double decay, Func<ParameterRole, bool>? moving = null)
    {
        Steps++;
        float step = (float)(rate / (1 - Math.Pow(Beta1, Steps))), root = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, Steps)));
        for (int t = 0; t < Layout.Tensors.Count; t++)
        {
            if (moving is not null && !moving(Layout.Tensors[t].Role))
                continue;
            int at = Layout.Offsets[t], length = Layout.Tensors[t].Length;
            Step(
                weights.Slice(at, length), gradient.Slice(at, length), First.AsSpan(at, length), Second.AsSpan(at, length), step, root,
                _decayed[t] ? (float)(1 - rate * decay) : 1f);
        }
    }

    private static void Step(
        Span<float> weights, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second, float step, float root, float keep)
    {
        int i = 0;
        for (; i <= weights.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var g = new Vector<float>(gradient[i..]);
            var m = Beta1 * new Vector<float>(first[i..]) + (1 - Beta1) * g;
            var v = Beta2 * new Vector<float>(second[i..]) + (1 - Beta2) * g * g;
            m.CopyTo(first[i..]);
            v.CopyTo(second[i..]);
            (keep * new Vector<float>(weights[i..]) - step * m / (root * Vector.SquareRoot(v) + new Vector<float>(Epsilon))).CopyTo(weights[i..]);
        }

        for (; i < weights.Length; i++)
        {
            first[i] = Beta1 * first[i] + (1 - Beta1) * gradient[i];
            second[i] = Beta2 * second[i] + (1 - Beta2) * gradient[i] * gradient[i];
            weights[i] = keep * weights[i] - step * first[i] / (root * MathF.Sqrt(second[i]) + Epsilon);
        }
    }
}
