using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// The last f sites, under one hand that sees every honest update before it sends. What it makes goes through the wire form, so it is as sparse and as short as
/// the policy lets any update be.
/// </summary>
internal sealed class FalseMembers(Sabotage kind, int faults, RoundPolicy policy, Digest seed)
{
    private const int Late = 5;
    private const float Boost = 10, Manipulation = 0.5f;

    private readonly Queue<float[][]> _past = new();
    private byte[][] _last = [];

    public IReadOnlyList<byte[]> Send(FederatedSimulation training, IReadOnlyList<byte[]> own)
    {
        var layout = training.Model.Layout;
        int honest = own.Count - faults;
        float[][] vectors = [.. own.Select(p => Vector(layout, p))];
        var sent = own.ToArray();
        for (int i = honest; i < own.Count; i++)
        {
            sent[i] = kind switch
            {
                Sabotage.SignFlip => Encode(training, i, Times(vectors[i], -1)),
                Sabotage.Alie => Encode(training, i, Alie(vectors[..honest])),
                Sabotage.Ipm => Encode(training, i, Times(Mean(vectors[..honest]), -Manipulation)),
                Sabotage.Mimic => Encode(training, i, vectors[0]),
                Sabotage.Scaling => Encode(training, i, Times(vectors[i], Boost)),
                Sabotage.Replay => _last.Length > 0 ? _last[i - honest] : own[i],
                Sabotage.Stale => _past.Count == Late ? Encode(training, i, _past.Peek()[i - honest]) : own[i],
                Sabotage.NotANumber => [.. Enumerable.Repeat(BitConverter.GetBytes(float.NaN), own[i].Length / sizeof(float)).SelectMany(b => b)],
                _ => own[i],
            };
        }

        _last = [.. own.Skip(honest)];
        if (_past.Count == Late)
            _past.Dequeue();
        _past.Enqueue(vectors[honest..]);
        return sent;
    }

    /// <summary>The images that false members train on.</summary>
    public static ImageSet Data(Sabotage kind, ImageSet images, int classes) => kind is Sabotage.LabelFlip or Sabotage.Scaling
        ? images.WithLabels([.. images.Labels.Select(label => (label + 1) % classes)])
        : images;

    private byte[] Encode(FederatedSimulation training, int site, float[] vector)
    {
        var trained = training.Model.ToFloats();
        for (int i = 0; i < trained.Length; i++)
            trained[i] += vector[i];
        long round = training.Round + 1;
        return PartialUpdate.Build(
            training.Model, training.Model.Digest, policy, round, trained, new float[trained.Length], SeededRandom.Derive(seed, $"false/{site}/{round}")).Payload;
    }

    private float[] Vector(ModelLayout layout, byte[] payload) => ObservedUpdate.TryRead(layout, policy, payload, out var update, out string? error)
        ? Times(update.Gradient, -1)
        : throw new InvalidOperationException(error);

    private static float[] Alie(float[][] vectors)
    {
        float[] mean = Mean(vectors);
        for (int i = 0; i < mean.Length; i++)
        {
            double squares = 0;
            foreach (var vector in vectors)
                squares += Math.Pow(vector[i] - mean[i], 2);
            mean[i] -= (float)Math.Sqrt(squares / vectors.Length);
        }

        return mean;
    }

    private static float[] Mean(float[][] vectors)
    {
        var mean = new float[vectors[0].Length];
        foreach (var vector in vectors)
        {
            for (int i = 0; i < mean.Length; i++)
                mean[i] += vector[i] / vectors.Length;
        }

        return mean;
    }

    private static float[] Times(float[] vector, float factor) => [.. vector.Select(v => factor * v)];
}
