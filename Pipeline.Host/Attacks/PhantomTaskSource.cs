using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Demo;
using Pipeline.Host.Demo.Phantoms;
using Pipeline.Host.Experiments;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Attacks;

/// <summary>Chest phantoms of the demo's hospitals as a task: images that may be shown.</summary>
internal static class PhantomTaskSource
{
    /// <param name="images">Of each hospital; half of its patients train, the others test.</param>
    /// <param name="side">A divisor of <see cref="PhantomGenerator.Side"/>; pixels are means of squares.</param>
    /// <exception cref="CommandFailedException">It is none.</exception>
    public static LearningTask Read(int images, int side, string architecture, int seed)
    {
        if (PhantomGenerator.Side % side != 0)
            throw new CommandFailedException($"--side {side}: phantoms need a divisor of {PhantomGenerator.Side}") { ExitCode = ExitCode.Usage };
        var descriptor = new TaskDescriptor("DX", "CHEST", side, side, ["no-opacity", "opacity"], architecture);
        var sites = DemoProfile.Full.Hospitals.Select(hospital =>
        {
            Sample[] samples = [.. new PhantomGenerator(hospital, PhantomTask.Opacity, (ulong)seed).Cohort(images).Select(image => Of(image, side))];
            return new SiteImages(hospital.Id, samples, Set(samples, DataSplit.Train, side), Set(samples, DataSplit.Validation, side), Set(samples, DataSplit.Test, side));
        });
        return new LearningTask("phantoms", descriptor, [.. sites], new Dictionary<string, int>());
    }

    private static ImageSet Set(Sample[] samples, DataSplit split, int side) => ImageSet.Of([.. samples.Where(s => s.Split == split)], side, side);

    private static Sample Of(PhantomImage image, int side)
    {
        int block = image.Columns / side;
        var pixels = new ushort[side * side];
        for (int i = 0; i < pixels.Length; i++)
        {
            int sum = 0;
            for (int k = 0; k < block * block; k++)
                sum += image.Pixels[(i / side * block + k / block) * image.Columns + i % side * block + k % block];
            int level = sum / (block * block) << (16 - PhantomImage.BitsStored);
            pixels[i] = (ushort)(image.Monochrome1 ? ushort.MaxValue - level : level);
        }

        bool test = image.PatientId[^1] % 2 == 1;
        return new Sample($"{image.PatientId}/{image.Number}", image.PatientId, image.Label, test ? DataSplit.Test : DataSplit.Train, side, side, pixels);
    }
}
