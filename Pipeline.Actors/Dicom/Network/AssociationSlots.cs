namespace Pipeline.Actors.Dicom.Network;

/// <summary>The places for associations, in all and for each peer that has a limit of its own. Safe for several threads.</summary>
public sealed class AssociationSlots(int total)
{
    private readonly Lock _gate = new();
    private int _total = total;
    private readonly Dictionary<string, int> _ofPeer = new(StringComparer.Ordinal);

    /// <summary>Taken now.</summary>
    public int Taken { get; private set; }

    /// <summary>Taken so far, whether given back or not.</summary>
    public long Admitted { get; private set; }

    /// <summary>Asked for in vain so far.</summary>
    public long Refused { get; private set; }

    /// <summary>How many there are from now on; associations beyond a lower number stay until they end.</summary>
    public void Resize(int places)
    {
        lock (_gate)
            _total = places;
    }

    public bool TryTake(DicomPeer? peer)
    {
        lock (_gate)
        {
            int ofPeer = peer is null ? 0 : _ofPeer.GetValueOrDefault(peer.AeTitle);
            if (Taken >= _total || (peer is { MaxAssociations: > 0 and var limit } && ofPeer >= limit))
            {
                Refused++;
                return false;
            }

            Taken++;
            Admitted++;
            if (peer is not null)
                _ofPeer[peer.AeTitle] = ofPeer + 1;
            return true;
        }
    }

    public void Release(DicomPeer? peer)
    {
        lock (_gate)
        {
            Taken--;
            if (peer is not null)
                _ofPeer[peer.AeTitle]--;
        }
    }
}
