namespace Pipeline.Actors.Ingest.Spool;

/// <summary>Reads durable records in order. One reader at a time.</summary>
public sealed class SpoolCursor
{
    private readonly InstanceSpool _spool;
    private SpoolSegment? _segment;
    private long _end, _offset;

    internal SpoolCursor(InstanceSpool spool, long sequence)
    {
        _spool = spool;
        Sequence = sequence;
    }

    /// <summary>Of the record that <see cref="TryRead"/> gives next.</summary>
    public long Sequence { get; private set; }

    /// <returns>Null when nothing further is durable yet.</returns>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public SpoolRecord? TryRead()
    {
        while (Sequence < _spool.Next)
        {
            if (_segment is null || Sequence >= _end)
                Enter();
            SpoolRecord record = Take();
            if (record.Sequence != Sequence)
                continue;
            Sequence++;
            return record;
        }
        return null;
    }

    private void Enter()
    {
        (_segment, _end) = _spool.Locate(Sequence);
        _offset = 0;
    }

    private SpoolRecord Take()
    {
        // The segment being written has no end yet; a new one behind it shows here.
        if (_end == long.MaxValue && _offset >= _segment!.Log.DurableLength)
            Enter();
        byte[] bytes = _segment!.Log.Read(_offset);
        _offset += Files.RecordLog.FrameLength + bytes.Length;
        return SpoolRecord.Decode(bytes);
    }
}
