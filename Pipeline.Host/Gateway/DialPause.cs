namespace Pipeline.Host.Gateway;

/// <summary>How long to wait before a peer is dialled again: exponential, with jitter so that members which lost the same link do not meet again.</summary>
internal sealed class DialPause(TimeSpan first, TimeSpan longest, Func<double> random)
{
    private int _failures;

    /// <summary>Between half of the present pause and all of it.</summary>
    public TimeSpan Next()
    {
        double pause = Math.Min(longest.TotalMilliseconds, first.TotalMilliseconds * Math.ScaleB(1, Math.Min(_failures, 30)));
        _failures++;
        return TimeSpan.FromMilliseconds(pause * (0.5 + random() / 2));
    }

    /// <summary>After a link that held.</summary>
    public void Reset() => _failures = 0;
}
