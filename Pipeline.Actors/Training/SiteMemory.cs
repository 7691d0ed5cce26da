using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>
/// What a policy lets a site carry from round to round besides its residual: SCAFFOLD's control variate (Karimireddy et al. 2020) and the velocity of momentum
/// correction (Deep Gradient Compression, Lin et al. 2018). Both stay at the site and cost no bytes.
/// </summary>
internal sealed class SiteMemory
{
    /// <summary>Of the share of a comparison: what a site missed by being away when its round was compared fades, at the price of so much of the correction.</summary>
    private const float Forgetting = 0.02f;

    private readonly double _rates;
    private readonly float _beta;
    private readonly bool _controls;

    /// <param name="rates">Sum of the learning rates of this round's steps.</param>
    /// <param name="last">The round whose aggregate <paramref name="model"/> is.</param>
    /// <param name="lastRates">Sum of the learning rates of its steps.</param>
    /// <param name="model">The round's base; its momentum is what the last aggregate brought, the mean of what all sites sent.</param>
    public SiteMemory(RoundPolicy policy, double rates, long last, double lastRates, SiteState state, FixedPointModel model)
    {
        int length = model.Layout.Length;
        float share = (policy.Update?.ControlPpm ?? 0) * 1e-6f;
        _controls = share > 0;
        _rates = rates;
        _beta = (policy.Update?.MomentumPpm ?? 0) * 1e-6f;
        Velocity = _beta == 0 ? [] : state.Velocity.Length == length ? (float[])state.Velocity.Clone() : new float[length];
        Control = !_controls ? [] : state.Control.Length == length ? (float[])state.Control.Clone() : new float[length];
        for (int i = 0; i < Control.Length; i++)
            Control[i] *= 1 - Forgetting * share;
        // An answer that was taken back, or rounds that went on without this site, leave nothing that an aggregate could be compared with.
        if (_controls && lastRates > 0 && state.Round == last && state.Payload.Length > 0)
            Compare(model, policy, state.Payload, (float)(share / lastRates));
    }

    /// <summary>
    /// c − c_i for each unit of learning rate. With s_i what a site sent in a round and d the mean over the sites, c ← (1 − a)·c + a·(d − mean of c − c_i) and
    /// c_i ← (1 − a)·c_i + a·(s_i − (c − c_i)), option II's rules with a = 1, make c − c_i ← (c − c_i) + a·(d − s_i): its mean over the sites
    /// stays zero but for comparisons that a site missed, which fade. What was sent stands for what was changed, so that both halves wait alike where updates are sparse.
    /// </summary>
    public float[] Control { get; }

    /// <summary>u, cleared where it was sent, taken in or not.</summary>
    public float[] Velocity { get; }

    /// <summary>What the round's steps move the parameters by besides; null for nothing.</summary>
    public float[]? Drift => _controls ? [.. Control.Select(c => (float)(_rates * c))] : null;

    /// <summary>Takes up what the local steps changed.</summary>
    public void Learn(ReadOnlySpan<float> start, ReadOnlySpan<float> trained)
    {
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

    private void Compare(FixedPointModel model, RoundPolicy policy, byte[] payload, float share)
    {
        float[] sent = PartialUpdate.TakeBack(model.Layout, policy, payload, new float[Control.Length]), all = model.MomentumToFloats();
        for (int i = 0; i < Control.Length; i++)
            Control[i] += share * (all[i] - sent[i]);
    }
}
