using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>
/// What a policy lets a site carry from round to round besides its residual: SCAFFOLD's control variate (Karimireddy et al. 2020) and the velocity of momentum
/// correction (Deep Gradient Compression, Lin et al. 2018). Both stay at the site and cost no bytes.
/// </summary>
internal sealed class SiteMemory
{
    private readonly float _share;
    private readonly float _beta;

    /// <param name="model">The round's base; its momentum is what the last aggregate brought, the mean of all sites' changes.</param>
    public SiteMemory(RoundPolicy policy, SiteState state, FixedPointModel model)
    {
        int length = model.Layout.Length;
        _share = (policy.Update?.ControlPpm ?? 0) * 1e-6f;
        _beta = (policy.Update?.MomentumPpm ?? 0) * 1e-6f;
        Velocity = _beta == 0 ? [] : state.Velocity.Length == length ? (float[])state.Velocity.Clone() : new float[length];
        Control = _share == 0 ? [] : new float[length];
        // Before the first round nothing was learned that an aggregate could be compared with.
        if (_share == 0 || state.Control.Length != length)
            return;
        float[] all = model.MomentumToFloats();
        for (int i = 0; i < length; i++)
            Control[i] = state.Control[i] + _share * all[i];
    }

    /// <summary>
    /// c − c_i. With Δ_i what a site's steps changed, which c − c_i is part of, and d the mean over the sites, option II's two rules,
    /// c_i ← (1 − a)·c_i + a·(Δ_i − (c − c_i)) and c ← (1 − a)·c + a·d, make c − c_i ← (c − c_i) + a·(d − Δ_i): Δ_i now, d when the next round brings it.
    /// </summary>
    public float[] Control { get; }

    /// <summary>u, cleared where it was sent.</summary>
    public float[] Velocity { get; }

    public float[]? Drift => _share == 0 ? null : (float[])Control.Clone();

    /// <summary>Takes up what the local steps changed.</summary>
    public void Learn(ReadOnlySpan<float> start, ReadOnlySpan<float> trained)
    {
        for (int i = 0; i < Control.Length; i++)
            Control[i] -= _share * (trained[i] - start[i]);
        for (int i = 0; i < Velocity.Length; i++)
            Velocity[i] = _beta * Velocity[i] + trained[i] - start[i];
    }

    /// <summary>What waited before a round and goes with its changes: the residual and β·u.</summary>
    public float[] Waiting(float[] residual) => _beta == 0 ? residual : [.. residual.Zip(Velocity, (r, u) => r + _beta * u)];

    /// <param name="sent">Flat indices of an update.</param>
    public void Clear(ReadOnlySpan<int> sent)
    {
        if (_beta == 0)
            return;
        foreach (int i in sent)
            Velocity[i] = 0;
    }
}
