using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// Reads durable records in order. One reader at a time. Of an upload whose end it has not met it keeps where its chunks lie; what they hold is read
/// once, when the commit tells how long the data set is, so memory is bounded however large instances are and however many arrive at once.
/// </summary>
public sealed class SpoolCursor
{
    /// <summary>Of data sets up to this size the memory is used again (bytes): slices and radiographs, not volumes.</summary>
    private const long PooledBytes = 4L << 20;

    private readonly InstanceSpool _spool;
    private readonly Dictionary<ulong, OpenUpload> _open = [];
    private SpoolSegment? _segment;
    private ulong _run;
    private long _offset;

    internal SpoolCursor(InstanceSpool spool, long sequence)
    {
        _spool = spool;
        Sequence = sequence;
    }

    /// <summary>Of the record that <see cref="TryRead"/> gives next.</summary>
    public long Sequence { get; private set; }

    /// <returns>Null when nothing further is durable yet.</returns>
    /// <exception cref="IOException">An entry is damaged on the medium.</exception>
    public SpoolRecord? TryRead() => TryReadHead()?.Complete();

    /// <summary>As <see cref="TryRead"/>, with no more in memory than the first chunk: what most headers are judged by.</summary>
    internal SpoolRecord? TryReadHead()
    {
        while (Sequence < _spool.Next)
        {
            if (_segment is null)
                BeginAtFirst();
            if (_offset >= _segment.Log.DurableLength)
            {
                // The segment being written has no end yet; a new one behind it shows that nothing will follow here.
                SpoolSegment? next = _spool.SegmentBehind(_segment);
                if (_offset < _segment.Log.DurableLength)
                    continue;
                if (next is null)
                    // What is missing was set aside.
                    return null;
                (_segment, _offset) = (next, next.Log.Start);
                continue;
            }
            SpoolRecord? taken;
            try
            {
                taken = Take(_segment);
            }
            catch (ObjectDisposedException) when (!_spool.Has(_segment))
            {
                // Released meanwhile: what this cursor had not read of it is of uploads that came to nothing.
                BeginAtFirst();
                continue;
            }

            if (taken is not { } record)
                continue;
            Sequence = record.Sequence + 1;
            return record;
        }
        return null;
    }

    [MemberNotNull(nameof(_segment))]
    private void BeginAtFirst()
    {
        _segment = _spool.FirstSegment(Sequence);
        _offset = _segment.Log.Start;
    }

    private SpoolRecord? Take(SpoolSegment segment)
    {
        long at = _offset;
        Span<byte> head = stackalloc byte[SpoolEntry.ChunkHeader];
        int size = segment.Log.Peek(at, head, out _offset);
        if (SpoolEntry.IsChunk(head, size, out ulong upload))
            return Note(upload, new Extent(segment, at, size - SpoolEntry.ChunkHeader, Sealed: false));
        SpoolEntry entry = SpoolEntry.Decode(segment.Log.Read(at));
        return entry is SpoolEntry.Chunk chunk ? Note(chunk.Upload, new Extent(segment, at, chunk.Data.Length, Sealed: true)) : Take(entry, segment.End);
    }

    private SpoolRecord? Note(ulong upload, Extent extent)
    {
        if (!_open.TryGetValue(upload, out OpenUpload? open))
            _open[upload] = open = new OpenUpload();
        open.Add(extent);
        return null;
    }

    private SpoolRecord? Take(SpoolEntry entry, long end)
    {
        switch (entry)
        {
            case SpoolEntry.Begin begin when begin.Run != _run:
                _run = begin.Run;
                _open.Clear();
                return null;
            case SpoolEntry.Abandon abandon:
                _open.Remove(abandon.Upload);
                return null;
            case SpoolEntry.Commit commit:
                _open.Remove(commit.Upload, out OpenUpload? whole);
                return Counts(commit.Record) ? Complete(whole ?? new OpenUpload(), commit) : null;
            default:
                return entry is SpoolEntry.Whole { Record: var record } && Counts(record) ? record : null;
        }

        // A gap in the numbers is what recovery set aside.
        bool Counts(SpoolRecord record) => record.Sequence >= Sequence && record.Sequence < end;
    }

    private SpoolRecord? Complete(OpenUpload whole, SpoolEntry.Commit commit)
    {
        if (whole.Length == commit.Length)
            return whole.Complete(commit);
        // Recovery set the rest of it aside.
        _spool.Lose(commit.Record);
        return null;
    }

    /// <param name="Length">Of the part of the data set that the chunk holds (bytes).</param>
    /// <param name="Sealed">Then no part of it can be read alone.</param>
    private readonly record struct Extent(SpoolSegment Segment, long Offset, int Length, bool Sealed)
    {
        public ReadOnlyMemory<byte> Read() => ((SpoolEntry.Chunk)SpoolEntry.Decode(Segment.Log.Read(Offset))).Data;

        /// <returns>Bytes that were read: all, or as many as there is room for.</returns>
        public int Read(Span<byte> into)
        {
            int count = Math.Min(into.Length, Length);
            if (Sealed || count < Length)
                Read().Span[..count].CopyTo(into);
            else
                Segment.Log.ReadTail(Offset, SpoolEntry.ChunkHeader, into[..count]);
            return count;
        }
    }

    /// <summary>Where the chunks lie that were seen of an upload, in order.</summary>
    private sealed class OpenUpload
    {
        private readonly List<Extent> _extents = [];

        /// <summary>Of all of them (bytes).</summary>
        public long Length { get; private set; }

        public void Add(Extent extent)
        {
            _extents.Add(extent);
            Length += extent.Length;
        }

        public SpoolRecord Complete(SpoolEntry.Commit commit)
        {
            long head = Length > SpoolRecord.MaxWholeBytes ? Math.Min(Length, SpoolRecord.HeadBytes) : _extents.Count == 0 ? 0 : _extents[0].Length;
            SpoolRecord record = Filled(commit.Record, (int)head);
            if (head == Length)
                return record;
            return record with
            {
                Large = (Length, _extents.Select(extent => extent.Read())),
                Rest = Length > SpoolRecord.MaxWholeBytes ? null : () => Filled(commit.Record, (int)Length),
            };
        }

        private SpoolRecord Filled(SpoolRecord record, int length)
        {
            byte[]? rented = length <= PooledBytes ? ArrayPool<byte>.Shared.Rent(length) : null;
            return record with { DataSet = Fill((rented ?? GC.AllocateUninitializedArray<byte>(length)).AsMemory(0, length)), Rented = rented };
        }

        private Memory<byte> Fill(Memory<byte> into)
        {
            Span<byte> rest = into.Span;
            for (int i = 0; i < _extents.Count && !rest.IsEmpty; i++)
                rest = rest[_extents[i].Read(rest)..];
            return into;
        }
    }
}
