using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Demo.Phantoms;

/// <summary>
/// Draws frontal chest-radiograph phantoms: body, lungs, mediastinum, heart, spine, diaphragm, ribs, vessels, distractors and, where the
/// patient has it, the finding; then the hospital's scanner. Every image is a pure function of (hospital, task, seed, number).
/// </summary>
public sealed class PhantomGenerator
{
    public const int Side = 128;

    private readonly HospitalProfile _hospital;
    private readonly PhantomTask _task;
    private readonly Digest _seed;

    public PhantomGenerator(HospitalProfile hospital, PhantomTask task, ulong seed)
    {
        _hospital = hospital;
        _task = task;
        _seed = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"phantom/{seed}/{hospital.Id}/{task.Finding}"));
    }

    /// <summary>Images 0 … count−1 of the cohort in order of acquisition; each patient has one to three, all with the same label.</summary>
    public IEnumerable<PhantomImage> Cohort(int count)
    {
        int number = 0;
        for (int patient = 0; number < count; patient++)
        {
            var random = SeededRandom.Derive(_seed, $"patient/{patient}");
            int images = 1 + random.Next(3);
            int label = random.NextDouble() < _hospital.Prevalence ? 1 : 0;
            for (int k = 0; k < images && number < count; k++, number++)
                yield return Draw(patient, number, label);
        }
    }

    private PhantomImage Draw(int patient, int number, int label)
    {
        var anatomy = new PhantomAnatomy(SeededRandom.Derive(_seed, $"anatomy/{patient}"), _hospital.HeartSize);
        var random = SeededRandom.Derive(_seed, $"image/{number}");
        var canvas = new float[Side * Side];
        anatomy.Render(canvas, Side, random);
        Vessels(canvas, anatomy, random);
        if (label == 1)
            Finding(canvas, anatomy, random);
        for (int i = 0; i < _hospital.Blur; i++)
            Smooth(canvas);
        string id = $"{_hospital.Id.ToUpperInvariant()}-{_task.Finding.ToString().ToUpperInvariant()[..3]}-{patient:D5}";
        return new PhantomImage(Scan(canvas, random), Side, Side, label, id, number, _hospital.Monochrome1);
    }

    private void Finding(float[] canvas, PhantomAnatomy anatomy, SeededRandom random)
    {
        bool upper = random.NextDouble() < _hospital.UpperLobe;
        int side = random.Next(2) == 0 ? -1 : 1;
        // Difficulty is uniform between the clearest and the faintest.
        double ease = random.NextDouble();
        double contrast = _task.MinContrast + (_task.MaxContrast - _task.MinContrast) * ease;
        double radius = random.NextDouble(_task.MinRadius, _task.MaxRadius);
        var (x, y) = anatomy.InLung(side, upper ? random.NextDouble(-0.75, -0.1) : random.NextDouble(-0.1, 0.6), random.NextDouble(-0.55, 0.55));
        if (_task.Finding == PhantomFinding.Nodule)
        {
            Blob(canvas, x, y, radius, radius * random.NextDouble(0.85, 1.15), contrast, 4);
            return;
        }

        // An opacity is a cluster of overlapping soft blobs.
        int parts = 3 + random.Next(3);
        for (int i = 0; i < parts; i++)
        {
            double dx = 0.6 * radius * random.NextGaussian(), dy = 0.6 * radius * random.NextGaussian();
            double r = radius * random.NextDouble(0.45, 0.8);
            Blob(canvas, x + dx, y + dy, r, r * random.NextDouble(0.7, 1.3), contrast * random.NextDouble(0.4, 0.75), 2);
        }
    }

    /// <summary>Bronchovascular markings that everybody has: they are what a finding has to be told from.</summary>
    private static void Vessels(float[] canvas, PhantomAnatomy anatomy, SeededRandom random)
    {
        for (int side = -1; side <= 1; side += 2)
        {
            for (int branch = 0; branch < 7; branch++)
            {
                var (x, y) = anatomy.InLung(side, random.NextDouble(-0.1, 0.15), -0.6);
                double angle = random.NextDouble(-1.2, 1.2), contrast = random.NextDouble(0.04, 0.09), r = random.NextDouble(0.03, 0.05);
                for (int i = 0; i < 7; i++)
                {
                    Blob(canvas, x, y, r, r, contrast, 2);
                    x += side * 0.055 * Math.Cos(angle);
                    y += 0.055 * Math.Sin(angle);
                    angle += random.NextDouble(-0.25, 0.25);
                    contrast *= 0.87;
                    r *= 0.93;
                }
            }
        }
    }

    /// <summary>Adds a soft-edged ellipse; coordinates and radii in half image widths, the origin in the middle.</summary>
    private static void Blob(float[] canvas, double x, double y, double radiusX, double radiusY, double contrast, int hardness)
    {
        const double half = Side / 2.0;
        double cx = (x + 1) * half, cy = (y + 1) * half, rx = radiusX * half, ry = radiusY * half;
        int top = Math.Max(0, (int)(cy - 2 * ry)), bottom = Math.Min(Side - 1, (int)(cy + 2 * ry) + 1);
        int left = Math.Max(0, (int)(cx - 2 * rx)), right = Math.Min(Side - 1, (int)(cx + 2 * rx) + 1);
        for (int row = top; row <= bottom; row++)
        {
            double v = (row - cy) / ry;
            for (int column = left; column <= right; column++)
            {
                double u = (column - cx) / rx, d = u * u + v * v;
                double fall = hardness > 2 ? 1 / (1 + d * d * d) : 1 / (1 + d * d);
                canvas[row * Side + column] += (float)(contrast * fall * Math.Max(0, 1 - d / 4));
            }
        }
    }

    private static void Smooth(float[] canvas)
    {
        var copy = (float[])canvas.Clone();
        for (int y = 1; y < Side - 1; y++)
        {
            for (int x = 1; x < Side - 1; x++)
            {
                int i = y * Side + x;
                canvas[i] = 0.25f * copy[i] + 0.125f * (copy[i - 1] + copy[i + 1] + copy[i - Side] + copy[i + Side])
                    + 0.0625f * (copy[i - Side - 1] + copy[i - Side + 1] + copy[i + Side - 1] + copy[i + Side + 1]);
            }
        }
    }

    private ushort[] Scan(float[] canvas, SeededRandom random)
    {
        const int top = (1 << PhantomImage.BitsStored) - 1;
        double gain = _hospital.Gain * random.NextDouble(0.92, 1.08), offset = random.NextDouble(-0.02, 0.02);
        var pixels = new ushort[canvas.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            double light = Math.Clamp(canvas[i] * gain + offset, 0, 1);
            // Four uniforms of one draw summed: nearly normal, and cheap.
            ulong bits = random.NextUInt64();
            double noise = ((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48)) / 65535.0 - 2;
            double value = Math.Pow(light, _hospital.Gamma) + 1.732 * _hospital.Noise * noise;
            int level = (int)Math.Clamp(Math.Round(value * top), 0, top);
            pixels[i] = (ushort)(_hospital.Monochrome1 ? top - level : level);
        }

        return pixels;
    }
}
