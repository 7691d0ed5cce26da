using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Tests.Actors.Training;

/// <summary>A task that a small network learns in seconds: is there a bright spot in the noise?</summary>
internal static class SyntheticImages
{
    public const int Side = 32;

    public static TaskDescriptor Task { get; } = new("DX", "CHEST", Side, Side, ["none", "spot"], "residual-cnn-small");

    public static RoundPolicy Policy { get; } = new(
        10, 1, 10, 6, 16, 5000, 100, 14_000, 64L * RoundPolicy.One, 0, RoundPolicy.One, 0, [], RoundPolicy.One);

    public static ImageSet Set(int count, ulong seed, double contrast = 30_000) => ImageSet.Of(Samples(count, seed, contrast), Side, Side);

    public static List<Sample> Samples(int count, ulong seed, double contrast = 30_000)
    {
        var random = new SeededRandom(seed);
        var samples = new List<Sample>();
        for (int i = 0; i < count; i++)
        {
            int label = i % 2, cx = 8 + random.Next(16), cy = 8 + random.Next(16);
            var pixels = new ushort[Side * Side];
            for (int at = 0; at < pixels.Length; at++)
            {
                double dx = at % Side - cx, dy = at / Side - cy;
                double value = 20_000 + 3_000 * random.NextGaussian() + label * contrast * Math.Exp(-(dx * dx + dy * dy) / 8);
                pixels[at] = (ushort)Math.Clamp(value, 0, 65535);
            }

            samples.Add(new Sample($"{seed}-{i}", $"patient-{seed}-{i}", label, DataSplit.Train, Side, Side, pixels));
        }

        return samples;
    }
}
