using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Pipeline.Tests.Actors.Dicom.Pixels;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>
/// Mutated files read and decode, or are faults; nothing throws, and nothing allocates beyond a cap. <c>PIPELINE_FUZZ_CASES</c> sets the number of cases
/// (2,000 otherwise) and adds the corpus, with what native decoders decode; <c>PIPELINE_FUZZ_SEED</c> the first seed.
/// </summary>
public sealed class DataSetFuzzTests(ITestOutputHelper output)
{
    private const int MaxSourceBytes = 128 << 10;

    /// <summary>Managed bytes that one file of <see cref="MaxSourceBytes"/> may cost; what may be inflated is bounded by the limits.</summary>
    private const long MaxAllocated = 256L << 20;

    private static readonly DicomReadLimits Limits = new(MaxBytes: 4 << 20);

    [Fact]
    public void Mutated_files_are_read_or_refused_within_bounded_memory()
    {
        string? asked = Environment.GetEnvironmentVariable("PIPELINE_FUZZ_CASES");
        int cases = asked is null ? 2000 : int.Parse(asked, CultureInfo.InvariantCulture);
        int first = int.Parse(Environment.GetEnvironmentVariable("PIPELINE_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
        byte[][] sources = [.. Generated(), .. asked is null ? [] : FromCorpus()];
        int refused = 0;
        (long Bytes, int Seed) most = default;
        (TimeSpan Time, int Seed) slowest = default;
        for (int seed = first; seed < first + cases; seed++)
        {
            byte[] mutated = Mutate(sources[seed % sources.Length], new Random(seed));
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            try
            {
                refused += Read(mutated) ? 0 : 1;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            most = allocated > most.Bytes ? (allocated, seed) : most;
            slowest = time > slowest.Time ? (time, seed) : slowest;
            Assert.True(allocated <= MaxAllocated, $"seed {seed} allocated {allocated} bytes");
        }
        output.WriteLine($"{cases} files from seed {first} of {sources.Length} sources, {refused} refused; most memory {most.Bytes >> 20} MiB (seed {most.Seed}), "
            + $"longest {slowest.Time.TotalMilliseconds:0} ms (seed {slowest.Seed})");
        Assert.InRange(refused, 1, cases - 1);
    }

    /// <returns>Whether the file is valid and all of its pixels decode.</returns>
    private static bool Read(byte[] bytes)
    {
        DicomInspection found = DicomInspector.Inspect(bytes, Limits);
        Assert.True(found.Valid || found.Reason is not null);
        Assert.True(found.Offset is null || found.Offset >= 0);
        Outcome<DicomFile> file = DicomReader.ReadFile(bytes, Limits);
        if (file.Ok)
        {
            foreach (DicomElement element in file.Value.DataSet.Elements)
                file.Value.DataSet.Text(element.Tag);
            NativeDecoder.Decode(file.Value.DataSet, file.Value.Syntax, 0);
        }
        return found is { Valid: true, Reason: null };
    }

    private static IEnumerable<byte[]> Generated()
    {
        DicomDataSet gray = TestImages.Gray("1.2.3", 24, 24, i => i)
            .Set(DicomTags.ReferencedImageSequence, [new DicomDataSet().Set(DicomTags.ReferencedSopInstanceUid, "1.2.9")])
            .Set(DicomTags.SpecificCharacterSet, "\\ISO 2022 IR 87");
        yield return DicomWriter.WriteFile(gray);
        yield return DicomWriter.WriteDataSet(gray, TransferSyntax.ImplicitLittle);
        byte[] pixels = [.. Enumerable.Range(0, 2 * 24 * 24).Select(i => (byte)(i / 7))];
        byte[] run = RleTests.Encode(pixels, 1, 2);
        yield return DicomWriter.WriteFile(
            EncapsulatedImages.Of(24, 24, 1, 16, 2, null, ReadOnlyMemory<byte>.Empty, run, run), TransferSyntax.Of(TransferSyntaxes.Rle));
        byte[] lossless = new LosslessJpegEncoder(24, 24, 12, 5, 0, 4).Encode([[.. Enumerable.Range(0, 24 * 24).Select(i => i * 7 % 4096)]]);
        yield return DicomWriter.WriteFile(EncapsulatedImages.Of(24, 24, 1, 16, lossless), TransferSyntax.Of("1.2.840.10008.1.2.4.57"));
        yield return DicomWriter.WriteFile(
            EncapsulatedImages.Of(24, 24, 1, 16, 3, null, ReadOnlyMemory<byte>.Empty, [.. lossless, .. lossless, .. lossless]),
            TransferSyntax.Of("1.2.840.10008.1.2.4.70"));
    }

    private IEnumerable<byte[]> FromCorpus() => Corpus.Find(output) is { } corpus
        ? corpus.Rows.Select(corpus.PathOf).Where(path => new FileInfo(path).Length <= MaxSourceBytes).Select(File.ReadAllBytes)
        : [];

    private static byte[] Mutate(byte[] source, Random random)
    {
        byte[] mutated = [.. source];
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            int at = random.Next(mutated.Length);
            // Half of the changes fall near the front, where lengths and headers are.
            if (random.Next(2) == 0)
                at = Math.Min(at, random.Next(1, 2048));
            switch (random.Next(6))
            {
                case 0:
                    mutated[at] = (byte)random.Next(256);
                    break;
                case 1:
                    mutated[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 when at + 4 <= mutated.Length:
                    BinaryPrimitives.WriteUInt32LittleEndian(
                        mutated.AsSpan(at), random.Next(3) switch { 0 => uint.MaxValue, 1 => 0x7FFFFFFF, _ => (uint)random.Next(1 << 20) });
                    break;
                case 3:
                    mutated = mutated[..Math.Max(1, at)];
                    break;
                case 4:
                    int length = Math.Min(random.Next(1, 64), mutated.Length - at);
                    mutated = [.. mutated[..at], .. mutated[(at + length)..], .. new byte[1]];
                    break;
                default:
                    int from = random.Next(mutated.Length), count = Math.Min(random.Next(1, 64), mutated.Length - from);
                    mutated = [.. mutated[..at], .. mutated[from..(from + count)], .. mutated[at..]];
                    break;
            }
        }
        return mutated;
    }
}
