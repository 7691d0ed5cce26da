namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Connections on which no association stands, oldest first. They take no place of an association; beyond their own limit the one that has waited longest
/// goes, so that silent connections keep nobody out. Safe for several threads.
/// </summary>
internal sealed class WaitingConnections(int limit)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<DicomConnection> _order = new();
    private readonly Dictionary<DicomConnection, LinkedListNode<DicomConnection>> _nodes = [];
    private int _limit = limit;

    /// <returns>The connection to close for it, or null.</returns>
    public DicomConnection? Add(DicomConnection connection)
    {
        lock (_gate)
        {
            _nodes[connection] = _order.AddLast(connection);
            if (_order.Count <= _limit)
                return null;
            DicomConnection oldest = _order.First!.Value;
            Take(oldest);
            return oldest;
        }
    }

    /// <summary>How many may wait from now on.</summary>
    /// <returns>The connections to close for it, those that have waited longest.</returns>
    public IReadOnlyList<DicomConnection> Resize(int most)
    {
        lock (_gate)
        {
            _limit = most;
            DicomConnection[] beyond = [.. _order.Take(_order.Count - most)];
            Array.ForEach(beyond, Take);
            return beyond;
        }
    }

    /// <summary>It has an association now, or is gone.</summary>
    public void Remove(DicomConnection connection)
    {
        lock (_gate)
            Take(connection);
    }

    private void Take(DicomConnection connection)
    {
        if (_nodes.Remove(connection, out LinkedListNode<DicomConnection>? node))
            _order.Remove(node);
    }
}
