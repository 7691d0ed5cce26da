using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// What one chain's sample files hold at this moment, for people to look at. Nothing is created, repaired or locked, so a running site is not disturbed;
/// <see cref="ISampleStore"/> remains the way to the samples for everything that learns.
/// </summary>
public sealed class SampleCatalog : IDisposable
{
    private readonly LogFile? _stored, _awaiting;

    private SampleCatalog(string dataDirectory, string chain)
    {
        Chain = chain;
        string folder = Path.Combine(Root(dataDirectory), chain);
        try
        {
            // A label that comes meanwhile moves a sample from the second file to the first: read in this order it is seen twice, never missed.
            _awaiting = LogFile.Open(Path.Combine(folder, "awaiting.log"));
            Dictionary<string, StoredSample> waiting = _awaiting?.Samples() ?? [];
            _stored = LogFile.Open(Path.Combine(folder, "samples.log"));
            Dictionary<string, StoredSample> stored = _stored?.Samples() ?? [];
            Samples =
            [
                .. stored.Values.Concat(waiting.Values.Where(sample => !stored.ContainsKey(sample.Id))).OrderBy(sample => sample.Sequence),
            ];
            Checkpoint.Tally tally = CheckpointLog.Peek(Path.Combine(dataDirectory, "checkpoint.log")).Chains.GetValueOrDefault(chain) ?? new();
            Counters = tally.Count(stored.Count, Samples.Count - stored.Count);
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
    public static SampleCatalog Open(string dataDirectory, string chain) => new(dataDirectory, chain);

    /// <summary>Height × Width, row-major, 0 … 65535 over the image's window.</summary>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public ushort[] Pixels(StoredSample sample) => (sample.Label < 0 ? _awaiting : _stored)!.Read(sample.Offset).Sample.Pixels;

    public void Dispose()
    {
        _stored?.Dispose();
        _awaiting?.Dispose();
    }

    private static string Root(string dataDirectory) => Path.Combine(dataDirectory, "samples");

    private sealed class LogFile(string path, ReadOnlyFile file) : IDisposable
    {
        private long _end;

        public long UnreadBytes => Math.Max(0, file.Length - _end);

        /// <returns>Null when there is no such file.</returns>
        public static LogFile? Open(string path)
        {
            try
            {
                return new LogFile(path, new ReadOnlyFile(path));
            }
            catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }

        public Dictionary<string, StoredSample> Samples()
        {
            var samples = new Dictionary<string, StoredSample>();
            RecordLog.Scan(file, SampleRecord.MaxBytes, (offset, bytes) =>
            {
                SampleRecord record = SampleRecord.Decode(bytes.Span);
                if (record.Withdrawn)
                    samples.Remove(record.Sample.Id);
                else
                    samples.TryAdd(record.Sample.Id, StoredSample.Of(record, offset));
            }, out _end);
            return samples;
        }

        public SampleRecord Read(long offset) => SampleRecord.Decode(RecordLog.Read(file, path, SampleRecord.MaxBytes, offset, _end));

        public void Dispose() => file.Dispose();
    }
}
