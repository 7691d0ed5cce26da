namespace Pipeline.Host.Gateway;

/// <summary>Members that may not link for a while. Each further ban is twice as long, up to the longest; who behaved for so long starts anew. Thread safe.</summary>
internal sealed class BanList(TimeSpan first, TimeSpan longest)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Ban> _bans = new(StringComparer.Ordinal);

    /// <param name="Until">When it ends.</param>
    /// <param name="Length">How long it lasts in all.</param>
    public sealed record Ban(DateTimeOffset Until, TimeSpan Length, string Reason);

    public Ban Add(string member, string reason, DateTimeOffset now)
    {
        lock (_lock)
        {
            var length = _bans.TryGetValue(member, out var earlier) && now - earlier.Until < longest ? earlier.Length * 2 : first;
            length = length < longest ? length : longest;
            return _bans[member] = new Ban(now + length, length, reason);
        }
    }

    /// <summary>Null when the member may link.</summary>
    public Ban? Find(string member, DateTimeOffset now)
    {
        lock (_lock)
            return _bans.TryGetValue(member, out var ban) && ban.Until > now ? ban : null;
    }
}
