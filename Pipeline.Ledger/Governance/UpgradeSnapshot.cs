using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Governance;

/// <summary>The whole state of an <see cref="UpgradeSchedule"/>.</summary>
/// <param name="Version">Of the next block.</param>
/// <param name="PendingHeight">From which the version after it holds; 0 while none is decided.</param>
public sealed record UpgradeSnapshot(int Version, long PendingHeight) : ICanonical<UpgradeSnapshot>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Version).Int(PendingHeight).EndArray();

    public static UpgradeSnapshot ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var snapshot = new UpgradeSnapshot(reader.Int32(1, 255), reader.Int(0));
        reader.EndArray();
        return snapshot;
    }
}
