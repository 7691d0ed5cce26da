namespace Pipeline.Tests.Actors.Ingest;

/// <summary>The system's clock, moved ahead.</summary>
internal sealed class MovedClock : TimeProvider
{
    private long _ahead;

    public TimeSpan Ahead
    {
        set => Volatile.Write(ref _ahead, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _ahead));

    public override long GetTimestamp() => base.GetTimestamp() + (Volatile.Read(ref _ahead) * TimestampFrequency / TimeSpan.TicksPerSecond);
}
