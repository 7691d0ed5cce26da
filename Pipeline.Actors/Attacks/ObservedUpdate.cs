using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Attacks;

/// <summary>What an attacker holds of one site's learning: a direction in parameter space, at the coordinates that were sent.</summary>
/// <param name="Gradient">In layout order; zero where nothing was sent.</param>
/// <param name="Sent">By coordinate: whether it is known.</param>
public sealed record ObservedUpdate(float[] Gradient, bool[] Sent)
{
    /// <summary>The gradient itself, as no chain ever sends it: what the attacks must break, or they are broken.</summary>
    public static ObservedUpdate Undefended(float[] gradient) => new(gradient, [.. Enumerable.Repeat(true, gradient.Length)]);

    /// <summary>What every member sees of another: its payload. Local training moved the weights against the gradient.</summary>
    public static bool TryRead(
        ModelLayout layout, RoundPolicy policy, byte[] payload, [NotNullWhen(true)] out ObservedUpdate? update, [NotNullWhen(false)] out string? error)
    {
        update = null;
        if (!UpdateChecks.TryDecode(layout, policy, payload, out var decoded, out error))
            return false;
        var values = new int[layout.Length];
        var sent = new bool[layout.Length];
        for (int k = 0; k < decoded.Indices.Length; k++)
        {
            values[decoded.Indices[k]] = -decoded.Values[k];
            sent[decoded.Indices[k]] = true;
        }

        update = new ObservedUpdate(new FixedPointModel(layout, values, new int[layout.Length]).ToFloats(), sent);
        return true;
    }

    /// <summary>The same of a payload that is known to be sound.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public static ObservedUpdate OfOwn(ModelLayout layout, RoundPolicy policy, byte[] payload) => TryRead(layout, policy, payload, out var update, out string? error)
        ? update
        : throw new InvalidOperationException($"a site's own update does not read: {error}");
}
