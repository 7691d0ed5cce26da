namespace Pipeline.Host.Gateway;

/// <summary>
/// At most one link to each member. Where both dial at once, the link that the member of the smaller name dialled stays, so that both ends keep
/// the same one. A peer that has restarted, or dials again, knows its old link to be dead: the new one stays. Thread safe.
/// </summary>
internal sealed class LinkTable(string self)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PeerLink> _links = new(StringComparer.Ordinal);

    public IReadOnlyList<PeerLink> All
    {
        get
        {
            lock (_lock)
                return [.. _links.Values];
        }
    }

    public PeerLink? Find(string member)
    {
        lock (_lock)
            return _links.GetValueOrDefault(member);
    }

    /// <returns>False when the link is one too many.</returns>
    /// <param name="displaced">The link that it takes the place of, or null.</param>
    public bool TryAdd(PeerLink link, out PeerLink? displaced)
    {
        lock (_lock)
        {
            displaced = _links.GetValueOrDefault(link.Member);
            if (displaced is not null && displaced.Instance == link.Instance && displaced.Dialled != link.Dialled && !Wins(link))
            {
                displaced = null;
                return false;
            }

            _links[link.Member] = link;
            return true;
        }
    }

    public void Remove(PeerLink link)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_links.GetValueOrDefault(link.Member), link))
                _links.Remove(link.Member);
        }
    }

    private bool Wins(PeerLink link) => link.Dialled == string.CompareOrdinal(self, link.Member) < 0;
}
