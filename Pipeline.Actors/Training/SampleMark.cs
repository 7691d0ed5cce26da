using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Pipeline.Actors.Ingest;

namespace Pipeline.Actors.Training;

/// <summary>What two nodes of a site know a training sample by: the same id, label and pixels have the same mark, and nothing else has (XXH128).</summary>
public static class SampleMark
{
    public static UInt128 Of(Sample sample)
    {
        var hash = new XxHash128();
        hash.Append(Encoding.UTF8.GetBytes(sample.Id));
        hash.Append(MemoryMarshal.AsBytes((ReadOnlySpan<int>)[0, sample.Label, sample.Height, sample.Width]));
        hash.Append(MemoryMarshal.AsBytes(sample.Pixels.AsSpan()));
        return hash.GetCurrentHashAsUInt128();
    }
}
