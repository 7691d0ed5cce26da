namespace Pipeline.Host.Gateway;

/// <summary>A rate with a burst (RFC 2697's token bucket). Not thread safe; time is given.</summary>
/// <param name="perSecond">Tokens that come in a second.</param>
/// <param name="burst">Tokens that can be saved.</param>
internal sealed class TokenBucket(double perSecond, double burst)
{
    private readonly double _burst = burst;
    private double _tokens = burst;
    private DateTimeOffset? _last;

    /// <summary>Takes <paramref name="count"/> if they are there.</summary>
    public bool TryTake(double count, DateTimeOffset now)
    {
        Fill(now);
        if (_tokens < count)
            return false;
        _tokens -= count;
        return true;
    }

    /// <summary>Takes <paramref name="count"/> in any case; returns how long it takes until they have come.</summary>
    public TimeSpan Borrow(double count, DateTimeOffset now)
    {
        Fill(now);
        _tokens -= count;
        return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / perSecond);
    }

    private void Fill(DateTimeOffset now)
    {
        if (_last is { } last && now > last)
            _tokens = Math.Min(_burst, _tokens + (now - last).TotalSeconds * perSecond);
        _last = now;
    }
}
