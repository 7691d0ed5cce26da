using System.Text;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Experiments;

/// <summary>One arm of one task for one seed.</summary>
/// <param name="Key">Of everything that the result depends on.</param>
internal sealed record ExperimentCell(LearningTask Task, Arm Arm, int Seed, Digest Key)
{
    /// <summary>Raised when arms come to mean something else: results kept by an earlier build are then not taken.</summary>
    private const int Version = 1;

    public string Name => $"{Task.Name}-{Arm.Name}-{Seed}";

    public static ExperimentCell Of(LearningTask task, Arm arm, ExperimentProfile profile, int seed) => new(task, arm, seed, Digest.Of(Encoding.UTF8.GetBytes(
        $"{Version}|{task.DataDigest}|{arm.Name}|{arm.Settings}|{profile.Side}|{profile.Architecture}|{profile.ScoreEvery}|{seed}{(profile.WeighSites ? "|weighed" : "")}")));
}
