using System.Runtime.InteropServices;
using System.Text;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>One institution's images, ready to train on.</summary>
/// <param name="Samples">The same as its sample store would hold them, of all splits.</param>
public sealed record SiteImages(string Site, IReadOnlyList<Sample> Samples, ImageSet Train, ImageSet Validation, ImageSet Test);

/// <summary>A task's images by institution, as their own ingest stages made them.</summary>
/// <param name="Refused">Images that the stages did not let through, by reason.</param>
public sealed record LearningTask(
    string Name, TaskDescriptor Descriptor, IReadOnlyList<SiteImages> Sites, IReadOnlyDictionary<string, int> Refused)
{
    private Digest? _digest;

    public int Classes => Descriptor.Classes.Count;

    /// <summary>Everybody's test images; only an experiment, which plays all institutions, can look at them together.</summary>
    public ImageSet PooledTest { get; } = ImageSet.Concat([.. Sites.Select(s => s.Test)]);

    /// <summary>Of images, labels and splits.</summary>
    public Digest DataDigest => _digest ??= Hash();

    /// <summary>The policy that members agree on who know how many images they have: of a typical one, so that weights are 1 in the mean.</summary>
    public static RoundPolicy Weighed(RoundPolicy policy, IEnumerable<ImageSet> sites) => policy.Update is { TypicalImages: > 0 }
        ? policy
        : policy with { Update = (policy.Update ?? UpdatePolicy.Plain) with { TypicalImages = (int)Math.Max(1, Math.Round(Math.Pow(sites.Average(s => Math.Sqrt(s.Count)), 2))) } };

    private Digest Hash()
    {
        using var stream = new MemoryStream();
        foreach (var site in Sites)
        {
            foreach (var set in new[] { site.Train, site.Validation, site.Test })
            {
                stream.Write(Encoding.UTF8.GetBytes($"{site.Site}|{string.Join(',', set.Labels)}|{string.Join(',', set.Patients)}"));
                stream.Write(MemoryMarshal.AsBytes(set.Pixels.AsSpan()));
            }
        }

        return Digest.Of(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }
}
