using System.Text.Json;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// How far the spool is consumed, and what is only counted. One record, so position and counts move together and a crash counts nothing
/// twice.
/// </summary>
internal sealed class Checkpoint
{
    /// <summary>Every instance below this sequence is in its final place.</summary>
    public long Next { get; set; }

    public SortedDictionary<string, Tally> Chains { get; init; } = [];

    /// <summary>Instances counted elsewhere by this checkpoint, whose files in quarantine or among unfinished series may still be there.</summary>
    public SortedSet<long> Leaving { get; init; } = [];

    /// <summary>Pseudonyms of patients counted as erased by this checkpoint, whose samples may still be there.</summary>
    public SortedSet<string> Erasing { get; init; } = [];

    /// <summary>Pseudonyms of erased patients, and the sequence below which their instances in the spool do not become samples.</summary>
    public SortedDictionary<string, long> Erased { get; init; } = [];

    /// <summary>Counts of one chain.</summary>
    public sealed class Tally
    {
        public long Received { get; set; }

        public long Repeated { get; set; }

        public SortedDictionary<string, long> Quarantined { get; init; } = [];

        public SortedDictionary<string, long> OutOfScope { get; init; } = [];

        /// <summary>Taken out on somebody's word or by retention.</summary>
        public SortedDictionary<string, long> Removed { get; init; } = [];

        /// <summary>With what only the sample files know.</summary>
        public ChainCounters Count(long stored, long awaitingLabel, long assembling = 0) => new(
            Received, stored, awaitingLabel, Repeated, new Dictionary<string, long>(Quarantined), new Dictionary<string, long>(OutOfScope))
        {
            Assembling = assembling,
            Removed = new Dictionary<string, long>(Removed),
        };
    }

    public Tally Of(string chain)
    {
        if (!Chains.TryGetValue(chain, out Tally? tally))
            Chains[chain] = tally = new Tally();
        return tally;
    }

    /// <summary>A copy to count on, which replaces this one only when it is saved.</summary>
    public Checkpoint Copy() => JsonSerializer.Deserialize<Checkpoint>(JsonSerializer.SerializeToUtf8Bytes(this))!;
}
