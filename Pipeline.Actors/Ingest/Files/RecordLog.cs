namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// An append-only file of records, each behind a <see cref="RecordFrame"/>. The first record that is not whole ends the file; what lies
/// behind it is set aside beside the file, not lost, and the file is cut there. One writer; meanwhile others may flush, and read any record at or
/// below <see cref="DurableLength"/>. A file may be used again for another log (<see cref="Begin"/>), whose records begin behind a
/// <see cref="RecordFileUse"/>.
/// </summary>
internal sealed class RecordLog : IDisposable
{
    public const string AsideExtension = ".torn-";

    private readonly IDurableFileSystem _files;
    private readonly IDurableFile _file;
    private readonly string _path;
    private readonly long _maxRecord;
    private readonly IRecordSeal? _seal;
    private readonly RecordFrame _frame;
    private long _length, _durable;

    private RecordLog(IDurableFileSystem files, string path, long maxRecord, IRecordSeal? seal, RecordFileUse? use)
    {
        (_files, _path, _maxRecord, _seal, _frame) = (files, path, maxRecord + (seal?.Overhead ?? 0), seal, new RecordFrame(use?.Seed));
        Start = StartOf(use);
        _file = files.Open(path);
    }

    /// <summary>Where the first record begins.</summary>
    public long Start { get; }

    /// <summary>Bytes written, durable or not.</summary>
    public long Length => Volatile.Read(ref _length);

    /// <summary>Bytes that a crash cannot take.</summary>
    public long DurableLength => Volatile.Read(ref _durable);

    /// <summary>Bytes set aside when the file was opened.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Where they lie; null where there are none.</summary>
    public string? TornPath { get; private set; }

    /// <summary>Opens, gives every whole record with its offset, and cuts a torn tail off.</summary>
    /// <param name="maxRecord">The longest record believed (bytes).</param>
    /// <param name="visit">Null to visit nothing; records are checked all the same.</param>
    /// <param name="seal">Null for records that lie open on the disk.</param>
    /// <param name="use">What stands in the file's first bytes; null for a file that was never used for anything else.</param>
    /// <param name="stale">Whether an earlier use may have left something behind the end. Then what follows the last whole record of this use goes.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public static RecordLog Open(
        IDurableFileSystem files, string path, long maxRecord, Action<long, ReadOnlyMemory<byte>>? visit, IRecordSeal? seal = null, RecordFileUse? use = null,
        bool stale = false)
    {
        bool created = !File.Exists(path);
        var log = new RecordLog(files, path, maxRecord, seal, use);
        try
        {
            log.Recover(visit, stale);
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
    /// <param name="number">Another for each use of a file.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public static RecordLog Begin(IDurableFileSystem files, string path, long maxRecord, long number, IRecordSeal? seal = null)
    {
        RecordFileUse use = RecordFileUse.Draw(number);
        var log = new RecordLog(files, path, maxRecord, seal, use);
        try
        {
            log._file.Write(0, [use.Encode()]);
            log._length = log.Start;
            files.SyncFolder(Path.GetDirectoryName(path)!);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Where records begin in a file.</summary>
    public static long StartOf(RecordFileUse? use) => use is null ? 0 : RecordFileUse.Length;

    /// <summary>A new name beside a log, for what is not whole there from an offset on.</summary>
    public static string AsidePath(string path, long from)
    {
        string aside = $"{path}{AsideExtension}{from}";
        for (int again = 2; File.Exists(aside); again++)
            aside = $"{path}{AsideExtension}{from}-{again}";
        return aside;
    }

    /// <summary>Gives every whole record of a file and leaves the file as it is.</summary>
    public static void Scan(IReadableFile file, long maxRecord, Action<long, ReadOnlyMemory<byte>> visit, out long end, IRecordSeal? seal = null) =>
        end = Scan(file, maxRecord, visit, new RecordFrame(null), 0, seal);

    /// <returns>Where the last whole record ends.</returns>
    private static long Scan(
        IReadableFile file, long maxRecord, Action<long, ReadOnlyMemory<byte>> visit, RecordFrame format, long start, IRecordSeal? seal)
    {
        long length = file.Length;
        byte[] buffer = new byte[4096];
        while (TryReadWhole(file, maxRecord, format, start, length, ref buffer, out int size))
        {
            visit(start, seal is null ? buffer.AsMemory(0, size) : seal.Open(buffer.AsMemory(0, size)));
            start += format.Length + size;
        }
        return start;
    }

    private static bool TryReadWhole(IReadableFile file, long maxRecord, RecordFrame format, long offset, long end, ref byte[] buffer, out int size)
    {
        size = 0;
        Span<byte> frame = stackalloc byte[RecordFrame.MaxLength];
        if (offset + format.Length > end || file.Read(offset, frame[..format.Length]) < format.Length
            || !format.TryRead(frame, offset, out uint length, out uint checksum) || length > maxRecord || length > end - offset - format.Length)
            return false;
        if (buffer.Length < length)
            buffer = new byte[Math.Min(maxRecord, Math.Max(length, 2L * buffer.Length))];
        size = (int)length;
        return file.Read(offset + format.Length, buffer.AsSpan(0, size)) == size && format.Checksum(buffer.AsSpan(0, size)) == checksum;
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
        long offset = _length;
        _file.Write(offset, [_frame.Of(offset, parts, (uint)size), .. parts]);
        Volatile.Write(ref _length, offset + _frame.Length + size);
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
        byte[] record = Read(_file, _path, _maxRecord, offset, Length, _frame);
        next = offset + _frame.Length + record.Length;
        return _seal is null ? record : _seal.Open(record);
    }

    /// <summary>Reads the first bytes of a record as it lies on the disk, possibly sealed, its checksum unseen.</summary>
    /// <param name="next">Where the record behind it begins.</param>
    /// <returns>The record's size; what a shorter one does not fill of <paramref name="into"/> stays.</returns>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public int Peek(long offset, Span<byte> into, out long next)
    {
        Span<byte> start = stackalloc byte[_frame.Length + into.Length];
        uint size = ReadStart(offset, start, out _);
        next = offset + _frame.Length + size;
        start[_frame.Length..].CopyTo(into);
        return (int)size;
    }

    /// <summary>Reads all but the first bytes of a record that is not sealed into memory of exactly that size, and verifies the whole.</summary>
    /// <param name="skip">Those first bytes; few.</param>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public void ReadTail(long offset, int skip, Span<byte> into)
    {
        Span<byte> start = stackalloc byte[_frame.Length + skip];
        uint size = ReadStart(offset, start, out uint checksum);
        if (size != skip + into.Length || _file.Read(offset + start.Length, into) < into.Length || _frame.Checksum(start[_frame.Length..], into) != checksum)
            throw Damaged(_path, offset);
    }

    /// <summary>Reads the record at an offset that <see cref="Scan"/> gave.</summary>
    /// <param name="end">Where the last whole record ends.</param>
    /// <param name="use">As for <see cref="Open"/>.</param>
    /// <exception cref="IOException">The record is damaged on the medium.</exception>
    public static byte[] Read(IReadableFile file, string path, long maxRecord, long offset, long end, RecordFileUse? use = null) =>
        Read(file, path, maxRecord, offset, end, new RecordFrame(use?.Seed));

    private static byte[] Read(IReadableFile file, string path, long maxRecord, long offset, long end, RecordFrame format)
    {
        Span<byte> frame = stackalloc byte[RecordFrame.MaxLength];
        file.Read(offset, frame[..format.Length]);
        byte[] record = new byte[Size(format, frame, path, maxRecord, offset, end, out uint expected)];
        if (file.Read(offset + format.Length, record) < record.Length || format.Checksum(record) != expected)
            throw Damaged(path, offset);
        return record;
    }

    /// <summary>Flushes, and gives up what an earlier use left behind the end.</summary>
    /// <exception cref="IOException">The disk refused; nothing since the last flush counts, call <see cref="Rollback"/>.</exception>
    public void Trim()
    {
        _file.Truncate(_length);
        MarkDurable(Sync());
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Frame and first bytes of a record at once.</summary>
    private uint ReadStart(long offset, Span<byte> start, out uint checksum)
    {
        start.Clear();
        _file.Read(offset, start);
        return Size(_frame, start, _path, _maxRecord, offset, Length, out checksum);
    }

    private static uint Size(RecordFrame format, ReadOnlySpan<byte> frame, string path, long maxRecord, long offset, long end, out uint checksum) =>
        !format.TryRead(frame, offset, out uint size, out checksum) || size > maxRecord || size > end - offset - format.Length
            ? throw new IOException($"{path} is damaged at byte {offset}: a record of {size} bytes.") : size;

    private static IOException Damaged(string path, long offset) => new($"{path} is damaged at byte {offset}: the checksum differs.");

    private void Recover(Action<long, ReadOnlyMemory<byte>>? visit, bool stale)
    {
        long end = Scan(_file, _maxRecord, visit ?? ((_, _) => { }), _frame, Start, _seal), total = _file.Length, torn = stale ? EndBehind(end, total) : total;
        if (torn > end)
            SetAside(end, torn);
        TornBytes = torn - end;
        if (total > end)
            _file.Truncate(end);
        // What was found may sit in the page cache alone: it counts as durable only behind this flush.
        _file.Flush();
        (_length, _durable) = (end, end);
    }

    /// <returns>
    /// Where the last record ends that lies anywhere behind what is not whole; <paramref name="from"/> where there is none. The one there counts where its
    /// frame is, whatever became of its bytes.
    /// </returns>
    private long EndBehind(long from, long total)
    {
        byte[] block = new byte[1 << 20], record = [];
        long found = from;
        for (long at = from; at + _frame.Length <= total;)
        {
            ReadOnlySpan<byte> read = block.AsSpan(0, _file.Read(at, block.AsSpan(0, (int)Math.Min(block.Length, total - at))));
            long next = at + Math.Max(1, read.Length - _frame.Length + 1);
            for (int i = 0; i + _frame.Length <= read.Length; i++)
            {
                if (!_frame.TryRead(read[i..], at + i, out uint length, out _))
                    continue;
                if (at + i == from)
                    found = Math.Min(total, from + _frame.Length + length);
                else if (TryReadWhole(_file, _maxRecord, _frame, at + i, total, ref record, out int size))
                {
                    long end = at + i + _frame.Length + size;
                    found = Math.Max(found, end);
                    next = Math.Max(next, end);
                    i = (int)Math.Min(read.Length, end - at) - 1;
                }
            }
            at = next;
        }
        return found;
    }

    private void SetAside(long from, long to)
    {
        TornPath = AsidePath(_path, from);
        using IDurableFile aside = _files.Open(TornPath);
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
        // Its name too, before the original is cut.
        _files.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(_path))!);
    }
}
