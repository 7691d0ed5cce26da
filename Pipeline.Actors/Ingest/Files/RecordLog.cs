using System.Buffers.Binary;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// An append-only file of records, each {length u32, checksum u32, bytes}, little endian. The first record that is not whole ends the file; what lies
/// behind it is set aside beside the file, not lost, and the file is cut there. One writer; meanwhile others may flush, and read any record at or
/// below <see cref="DurableLength"/>. A file may be used again for another log (<see cref="Begin"/>): the checksums (<see cref="RecordChecksum"/>) then
/// depend on the number of the use, so that no record of an earlier use is one of this.
/// </summary>
internal sealed class RecordLog : IDisposable
{
    public const int FrameLength = 8;

    private readonly IDurableFileSystem _files;
    private readonly IDurableFile _file;
    private readonly string _path;
    private readonly long _maxRecord;
    private readonly IRecordSeal? _seal;
    private readonly RecordChecksum _checksum;
    private long _length, _durable;

    private RecordLog(IDurableFileSystem files, string path, long maxRecord, IRecordSeal? seal, long? use)
    {
        (_files, _path, _maxRecord, _seal, _checksum) = (files, path, maxRecord, seal, new RecordChecksum(use));
        _file = files.Open(path);
    }

    /// <summary>Bytes written, durable or not.</summary>
    public long Length => Volatile.Read(ref _length);

    /// <summary>Bytes that a crash cannot take.</summary>
    public long DurableLength => Volatile.Read(ref _durable);

    /// <summary>Bytes set aside when the file was opened.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Opens, gives every whole record with its offset, and cuts a torn tail off.</summary>
    /// <param name="maxRecord">The longest record believed (bytes).</param>
    /// <param name="visit">Null to visit nothing; records are checked all the same.</param>
    /// <param name="seal">Null for records that lie open on the disk.</param>
    /// <param name="use">The number given to <see cref="Begin"/>; null for a file that was never used for anything else.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public static RecordLog Open(
        IDurableFileSystem files, string path, long maxRecord, Action<long, ReadOnlyMemory<byte>>? visit, IRecordSeal? seal = null, long? use = null)
    {
        bool created = !File.Exists(path);
        var log = new RecordLog(files, path, maxRecord + (seal?.Overhead ?? 0), seal, use);
        try
        {
            log.Recover(visit, use is not null);
            if (created)
                files.SyncFolder(Path.GetDirectoryName(path)!);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>
    /// An empty log in a file that may hold whatever an earlier use left: overwriting it costs neither blocks of the file system nor, while the old
    /// content is cached, memory, and a flush has no length to write.
    /// </summary>
    /// <param name="use">Another number for each use of a file.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public static RecordLog Begin(IDurableFileSystem files, string path, long maxRecord, long use, IRecordSeal? seal = null)
    {
        var log = new RecordLog(files, path, maxRecord + (seal?.Overhead ?? 0), seal, use);
        try
        {
            files.SyncFolder(Path.GetDirectoryName(path)!);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Gives every whole record of a file and leaves the file as it is.</summary>
    public static void Scan(IReadableFile file, long maxRecord, Action<long, ReadOnlyMemory<byte>> visit, out long end, IRecordSeal? seal = null) =>
        Scan(file, maxRecord, visit, new RecordChecksum(null), out end, seal);

    private static void Scan(IReadableFile file, long maxRecord, Action<long, ReadOnlyMemory<byte>> visit, RecordChecksum checksum, out long end, IRecordSeal? seal)
    {
        long length = file.Length;
        Span<byte> frame = stackalloc byte[FrameLength];
        byte[] buffer = new byte[4096];
        for (end = 0; end + FrameLength <= length;)
        {
            file.Read(end, frame);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(frame);
            if (size == 0 || size > maxRecord || size > length - end - FrameLength)
                return;
            if (buffer.Length < size)
                buffer = new byte[Math.Min(maxRecord, Math.Max(size, 2L * buffer.Length))];
            if (file.Read(end + FrameLength, buffer.AsSpan(0, (int)size)) < size
                || checksum.Of(buffer.AsSpan(0, (int)size)) != BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]))
                return;
            visit(end, seal is null ? buffer.AsMemory(0, (int)size) : seal.Open(buffer.AsMemory(0, (int)size)));
            end += FrameLength + size;
        }
    }

    /// <summary>Writes a record, not yet durable.</summary>
    /// <returns>Its offset.</returns>
    /// <exception cref="IOException">The disk refused; call <see cref="Rollback"/>.</exception>
    public long Append(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        parts = _seal?.Seal(parts) ?? parts;
        long size = parts.Sum(part => (long)part.Length);
        if (size == 0 || size > _maxRecord)
            throw new ArgumentOutOfRangeException(nameof(parts), size, $"A record has 1 to {_maxRecord} bytes.");
        byte[] frame = new byte[FrameLength];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), _checksum.Of(parts));
        long offset = _length;
        _file.Write(offset, [frame, .. parts]);
        Volatile.Write(ref _length, offset + FrameLength + size);
        return offset;
    }

    /// <summary>Begins to bring what lies from an offset on to the medium, beside whatever comes next.</summary>
    public void BeginWriteBack(long offset) => _file.BeginWriteBack(offset, _length - offset);

    /// <exception cref="IOException">The disk refused; nothing since the last flush counts, call <see cref="Rollback"/>.</exception>
    public void Flush()
    {
        if (DurableLength != Length)
            MarkDurable(Sync());
    }

    /// <summary>Flushes beside the writer and other flushes, without a claim yet.</summary>
    /// <returns>The length that was flushed, for <see cref="MarkDurable"/>.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public long Sync()
    {
        long length = Length;
        _file.Flush();
        return length;
    }

    /// <summary>What lies below the length is durable; one caller at a time.</summary>
    public void MarkDurable(long length) => Volatile.Write(ref _durable, Math.Max(length, DurableLength));

    /// <summary>Takes back what is not durable.</summary>
    /// <exception cref="IOException">The disk refuses even that; the file must be left alone from now on.</exception>
    public void Rollback()
    {
        _file.Truncate(_durable);
        Volatile.Write(ref _length, _durable);
    }

    /// <summary>Reads the record at an offset that <see cref="Append"/> or recovery gave.</summary>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public ReadOnlyMemory<byte> Read(long offset) => Read(offset, out _);

    /// <inheritdoc cref="Read(long)"/>
    /// <param name="next">Where the record behind it begins.</param>
    public ReadOnlyMemory<byte> Read(long offset, out long next)
    {
        byte[] record = Read(_file, _path, _maxRecord, offset, Length, _checksum);
        next = offset + FrameLength + record.Length;
        return _seal is null ? record : _seal.Open(record);
    }

    /// <summary>Reads the first bytes of a record as it lies on the disk, possibly sealed, its checksum unseen.</summary>
    /// <param name="next">Where the record behind it begins.</param>
    /// <returns>The record's size; what a shorter one does not fill of <paramref name="into"/> stays.</returns>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public int Peek(long offset, Span<byte> into, out long next)
    {
        Span<byte> start = stackalloc byte[FrameLength + into.Length];
        uint size = Start(offset, start, out _);
        next = offset + FrameLength + size;
        start[FrameLength..].CopyTo(into);
        return (int)size;
    }

    /// <summary>Reads all but the first bytes of a record that is not sealed into memory of exactly that size, and verifies the whole.</summary>
    /// <param name="skip">Those first bytes; few.</param>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public void ReadTail(long offset, int skip, Span<byte> into)
    {
        Span<byte> start = stackalloc byte[FrameLength + skip];
        uint size = Start(offset, start, out uint checksum);
        if (size != skip + into.Length || _file.Read(offset + start.Length, into) < into.Length || _checksum.Of(start[FrameLength..], into) != checksum)
            throw Damaged(_path, offset);
    }

    /// <summary>Reads the record at an offset that <see cref="Scan"/> gave.</summary>
    /// <param name="end">Where the last whole record ends.</param>
    /// <param name="use">As for <see cref="Open"/>.</param>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public static byte[] Read(IReadableFile file, string path, long maxRecord, long offset, long end, long? use = null) =>
        Read(file, path, maxRecord, offset, end, new RecordChecksum(use));

    private static byte[] Read(IReadableFile file, string path, long maxRecord, long offset, long end, RecordChecksum checksum)
    {
        Span<byte> frame = stackalloc byte[FrameLength];
        file.Read(offset, frame);
        byte[] record = new byte[Size(frame, path, maxRecord, offset, end, out uint expected)];
        if (file.Read(offset + FrameLength, record) < record.Length || checksum.Of(record) != expected)
            throw Damaged(path, offset);
        return record;
    }

    /// <summary>Gives up what an earlier use left behind the end.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Trim() => _file.Truncate(_length);

    public void Dispose() => _file.Dispose();

    /// <summary>Frame and first bytes of a record at once.</summary>
    private uint Start(long offset, Span<byte> start, out uint checksum)
    {
        start.Clear();
        _file.Read(offset, start);
        return Size(start, _path, _maxRecord, offset, Length, out checksum);
    }

    private static uint Size(ReadOnlySpan<byte> frame, string path, long maxRecord, long offset, long end, out uint checksum)
    {
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        checksum = BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]);
        return size == 0 || size > maxRecord || size > end - offset - FrameLength
            ? throw new IOException($"{path} is damaged at byte {offset}: a record of {size} bytes.") : size;
    }

    private static IOException Damaged(string path, long offset) => new($"{path} is damaged at byte {offset}: the checksum differs.");

    private void Recover(Action<long, ReadOnlyMemory<byte>>? visit, bool reused)
    {
        Scan(_file, _maxRecord, visit ?? ((_, _) => { }), _checksum, out long end, _seal);
        long total = _file.Length;
        if (total > end)
        {
            // Behind the last record of a file used again there is always something. Where a whole record follows one that is not, it is damage.
            if (!reused || IsRecordBehind(end, total))
            {
                SetAside(end, total);
                TornBytes = total - end;
            }
            _file.Truncate(end);
        }
        // What was found may sit in the page cache alone: it counts as durable only behind this flush.
        _file.Flush();
        (_length, _durable) = (end, end);
    }

    /// <summary>Whether the record behind that at <paramref name="at"/>, of which the length alone is believed, is whole.</summary>
    private bool IsRecordBehind(long at, long total)
    {
        try
        {
            Span<byte> frame = stackalloc byte[FrameLength];
            _file.Read(at, frame);
            _ = Read(_file, _path, _maxRecord, at + FrameLength + Size(frame, _path, _maxRecord, at, total, out _), total, _checksum);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void SetAside(long from, long to)
    {
        using IDurableFile aside = _files.Open($"{_path}.torn-{from}");
        byte[] buffer = new byte[Math.Min(1 << 20, to - from)];
        for (long at = from; at < to;)
        {
            int count = _file.Read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - at)));
            if (count == 0)
                break;
            aside.Write(at - from, [buffer.AsMemory(0, count)]);
            at += count;
        }
        aside.Flush();
    }
}
