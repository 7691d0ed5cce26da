using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// What one chain's sample files hold at this moment, for people to look at. Nothing is created, repaired or locked, so a running site is not disturbed;
/// <see cref="ISampleStore"/> remains the way to the samples for everything that learns.
/// </summary>
public sealed class SampleCatalog : IDisposable
{
    private readonly LogFile? _stored, _awaiting;

    private SampleCatalog(string dataDirectory, string chain, StorageKeys keys)
    {
        Chain = chain;
        IRecordSeal seal = keys.For(Purpose(chain));
        string folder = Path.Combine(Root(dataDirectory), chain);
        try
        {
            // A label that comes meanwhile moves a sample from the second file to the first: read in this order it is seen twice, never missed.
            _awaiting = LogFile.Open(Path.Combine(folder, WaitingStore.ForLabel), seal);
            Dictionary<string, StoredSample> waiting = _awaiting?.Samples() ?? [];
            _stored = LogFile.Open(Path.Combine(folder, "samples.log"), seal);
            Dictionary<string, StoredSample> stored = _stored?.Samples() ?? [];
            Samples =
            [
                .. stored.Values.Concat(waiting.Values.Where(sample => !stored.ContainsKey(sample.Id))).OrderBy(sample => sample.Sequence),
            ];
            Checkpoint.Tally tally = CheckpointLog.Peek(Path.Combine(dataDirectory, "checkpoint.log")).Chains.GetValueOrDefault(chain) ?? new();
            using LogFile? series = LogFile.Open(Path.Combine(folder, WaitingStore.ForSeries), seal);
            Counters = tally.Count(stored.Count, Samples.Count - stored.Count, series?.Samples().Count ?? 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Chain { get; }

    /// <summary>Labelled samples and those that wait for a label, in the order they were acknowledged to the PACS.</summary>
    public IReadOnlyList<StoredSample> Samples { get; }

    /// <summary>What became of everything that came for the chain, up to the last commit.</summary>
    public ChainCounters Counters { get; }

    /// <summary>Bytes behind the last whole record: written at this moment, or torn by a crash and cut off at the next start.</summary>
    public long UnreadBytes => (_stored?.UnreadBytes ?? 0) + (_awaiting?.UnreadBytes ?? 0);

    /// <summary>Chains that have samples below a site's data directory, in order of their names.</summary>
    public static IReadOnlyList<string> Chains(string dataDirectory)
    {
        string folder = Root(dataDirectory);
        return Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>Reads a chain's samples; a chain without any gives an empty catalog.</summary>
    /// <exception cref="IOException">A file is there and cannot be read.</exception>
    /// <exception cref="InvalidDataException">A sample has a version that this build does not know.</exception>
    /// <param name="keys">That open what is encrypted at rest; null for none.</param>
    public static SampleCatalog Open(string dataDirectory, string chain, StorageKeys? keys = null) => new(dataDirectory, chain, keys ?? StorageKeys.None);

    /// <summary>Height × Width, row-major, 0 … 65535 over the image's window.</summary>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public ushort[] Pixels(StoredSample sample) => (sample.Label < 0 ? _awaiting : _stored)!.Read(sample.Offset).Sample.Pixels;

    public void Dispose()
    {
        _stored?.Dispose();
        _awaiting?.Dispose();
    }

    /// <summary>What the samples of a chain are sealed for.</summary>
    internal static string Purpose(string chain) => $"samples/{chain}";

    private static string Root(string dataDirectory) => Path.Combine(dataDirectory, "samples");

    private sealed class LogFile(string path, ReadOnlyFile file, IRecordSeal seal) : IDisposable
    {
        private long _end;

        public long UnreadBytes => Math.Max(0, file.Length - _end);

        /// <returns>Null when there is no such file.</returns>
        public static LogFile? Open(string path, IRecordSeal seal)
        {
            try
            {
                return new LogFile(path, new ReadOnlyFile(path), seal);
            }
            catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }

        public Dictionary<string, StoredSample> Samples()
        {
            var samples = new Dictionary<string, StoredSample>();
            RecordLog.Scan(file, SampleRecord.MaxBytes + seal.Overhead, (offset, bytes) =>
            {
                SampleRecord record = SampleRecord.Decode(bytes.Span);
                if (record.Withdrawn)
                    samples.Remove(record.Sample.Id);
                else if (record.Kind == SampleRecordKind.Amended)
                    samples[record.Sample.Id] = StoredSample.Of(record, offset);
                else
                    samples.TryAdd(record.Sample.Id, StoredSample.Of(record, offset));
            }, out _end, seal);
            return samples;
        }

        public SampleRecord Read(long offset) => SampleRecord.Decode(seal.Open(RecordLog.Read(file, path, SampleRecord.MaxBytes + seal.Overhead, offset, _end)).Span);

        public void Dispose() => file.Dispose();
    }
}
