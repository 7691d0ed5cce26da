using Pipeline.Actors.Updates;
using SkiaSharp;

namespace Pipeline.Tests.Host.Import;

/// <summary>A task folder of drawn images: a bright disc or none on noise, at a few institutions.</summary>
internal sealed class GeneratedTask : IDisposable
{
    public const int Side = 32;
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("task-");

    /// <param name="patients">Of each institution and class; a fifth of them validate and a fifth test.</param>
    public GeneratedTask(string name, int institutions, int patients, ulong seed)
    {
        Name = name;
        Directory.CreateDirectory(Path.Combine(Folder, "images"));
        File.WriteAllText(
            Path.Combine(Root, "tasks.json"), $$"""[{"name": "{{name}}", "title": "drawn", "modality": "MR", "classes": ["none", "disc"]}]""");
        var random = new SeededRandom(seed);
        var lines = new List<string> { "file,label,split,institution,patient,source" };
        for (int h = 0; h < institutions; h++)
        {
            for (int p = 0; p < 2 * patients; p++)
            {
                string file = $"images/{h}-{p}.png", split = p % 10 is 2 or 3 ? "val" : p % 10 is 4 or 5 ? "test" : "train";
                WritePng(Path.Combine(Folder, file), Draw(random, p % 2 == 1));
                lines.Add($"{file},{(p % 2 == 1 ? "disc" : "none")},{split},site-{h},patient-{h}-{p},\"drawn, by a test\"");
            }
        }

        File.WriteAllLines(LabelFile, lines);
    }

    public string Name { get; }

    public string Root => _root.FullName;

    public string Folder => Path.Combine(Root, Name);

    public string LabelFile => Path.Combine(Folder, "labels.csv");

    public void Dispose() => _root.Delete(recursive: true);

    public static void WritePng(string file, byte[] gray)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Side, Side, SKColorType.Gray8, SKAlphaType.Opaque));
        for (int y = 0; y < Side; y++)
            gray.AsSpan(y * Side, Side).CopyTo(bitmap.GetPixelSpan()[(y * bitmap.RowBytes)..]);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var stream = File.Create(file);
        png.SaveTo(stream);
    }

    private static byte[] Draw(SeededRandom random, bool disc)
    {
        int cx = 8 + random.Next(16), cy = 8 + random.Next(16);
        var gray = new byte[Side * Side];
        for (int i = 0; i < gray.Length; i++)
        {
            int dx = i % Side - cx, dy = i / Side - cy;
            gray[i] = (byte)Math.Clamp(90 + 10 * random.NextGaussian() + (disc && dx * dx + dy * dy < 16 ? 110 : 0), 0, 255);
        }

        return gray;
    }
}
