namespace Pipeline.Actors.Ingest.Spool;

/// <summary>Reads durable records in order. One reader at a time; memory is bounded however large the instances are.</summary>
public sealed class SpoolCursor
{
    /// <summary>Bytes of unfinished uploads kept from the first reading; what is beyond is read again with its commit.</summary>
    private const long KeptBytes = 16L << 20;

    /// <summary>Of one upload (bytes): slices and radiographs are kept, and of larger ones no more than the head.</summary>
    private const long KeptOfUpload = 4L << 20;

    private readonly InstanceSpool _spool;
    private readonly Dictionary<ulong, OpenUpload> _open = [];
    private SpoolSegment? _segment;
    private ulong _run;
    private long _offset, _kept;

    internal SpoolCursor(InstanceSpool spool, long sequence)
    {
        _spool = spool;
        Sequence = sequence;
    }

    /// <summary>Of the record that <see cref="TryRead"/> gives next.</summary>
    public long Sequence { get; private set; }

    /// <returns>Null when nothing further is durable yet.</returns>
    /// <exception cref="IOException">An entry is damaged on the medium.</exception>
    public SpoolRecord? TryRead()
    {
        while (Sequence < _spool.Next)
        {
            _segment ??= _spool.FirstSegment(Sequence);
            if (_offset >= _segment.Log.DurableLength)
            {
                // The segment being written has no end yet; a new one behind it shows that nothing will follow here.
                if (_spool.SegmentBehind(_segment) is not { } next || _offset < _segment.Log.DurableLength)
                    continue;
                (_segment, _offset) = (next, 0);
                continue;
            }
            long at = _offset;
            SpoolEntry entry = SpoolEntry.Decode(_segment.Log.Read(at, out _offset));
            if (Take(entry, at) is not { } record || record.Sequence != Sequence || record.Sequence >= _segment.End)
                continue;
            Sequence++;
            return record;
        }
        return null;
    }

    private SpoolRecord? Take(SpoolEntry entry, long at)
    {
        switch (entry)
        {
            case SpoolEntry.Begin begin when begin.Run != _run:
                (_run, _kept) = (begin.Run, 0);
                _open.Clear();
                return null;
            case SpoolEntry.Chunk chunk:
                if (!_open.TryGetValue(chunk.Upload, out OpenUpload? open))
                    _open[chunk.Upload] = open = new OpenUpload();
                _kept += open.Add(new Extent(_segment!, at), chunk.Data, KeptBytes - _kept);
                return null;
            case SpoolEntry.Abandon abandon:
                Close(abandon.Upload);
                return null;
            case SpoolEntry.Commit commit:
                OpenUpload whole = Close(commit.Upload);
                return commit.Record.Sequence == Sequence ? whole.Complete(commit) : null;
            default:
                return (entry as SpoolEntry.Whole)?.Record;
        }
    }

    private OpenUpload Close(ulong upload)
    {
        if (!_open.Remove(upload, out OpenUpload? open))
            return new OpenUpload();
        _kept -= open.Kept;
        return open;
    }

    private readonly record struct Extent(SpoolSegment Segment, long Offset)
    {
        public ReadOnlyMemory<byte> Read() => ((SpoolEntry.Chunk)SpoolEntry.Decode(Segment.Log.Read(Offset))).Data;
    }

    /// <summary>Chunks seen of an upload whose end is not reached: where they are, and from the front what they hold.</summary>
    private sealed class OpenUpload
    {
        private readonly List<Extent> _extents = [];
        private readonly List<ReadOnlyMemory<byte>> _front = [];
        private long _length;

        public long Kept { get; private set; }

        /// <returns>By how much more (or less) is kept now.</returns>
        public long Add(Extent extent, ReadOnlyMemory<byte> data, long room)
        {
            long before = Kept;
            _extents.Add(extent);
            _length += data.Length;
            if (_length > KeptOfUpload)
                Trim();
            else if (_front.Count == _extents.Count - 1 && data.Length <= room)
            {
                _front.Add(data);
                Kept += data.Length;
            }
            return Kept - before;
        }

        public SpoolRecord Complete(SpoolEntry.Commit commit)
        {
            if (_length != commit.Length)
                throw new IOException($"Instance {commit.Record.Sequence} of the spool has {_length} of {commit.Length} bytes.");
            if (_length <= SpoolRecord.MaxWholeBytes)
                return commit.Record with { DataSet = Joined(Blocks(), _length) };
            return commit.Record with
            {
                DataSet = Joined(Blocks(), SpoolRecord.HeadBytes),
                Large = (_length, _extents.Select(extent => extent.Read())),
            };
        }

        private void Trim()
        {
            while (Kept > SpoolRecord.HeadBytes)
            {
                Kept -= _front[^1].Length;
                _front.RemoveAt(_front.Count - 1);
            }
        }

        private IEnumerable<ReadOnlyMemory<byte>> Blocks() => _front.Concat(_extents.Skip(_front.Count).Select(extent => extent.Read()));

        private static byte[] Joined(IEnumerable<ReadOnlyMemory<byte>> blocks, long length)
        {
            byte[] whole = new byte[length];
            int at = 0;
            foreach (ReadOnlyMemory<byte> block in blocks)
            {
                int count = Math.Min(block.Length, whole.Length - at);
                block[..count].CopyTo(whole.AsMemory(at));
                at += count;
                if (at == whole.Length)
                    break;
            }
            return whole;
        }
    }
}
