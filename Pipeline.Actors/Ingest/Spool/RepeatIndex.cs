using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// Which SOP Instance UIDs are held, by 128 bits of SHA-256, and with which content, by XXH128. Bounded; the oldest is forgotten first. Not safe for several
/// threads.
/// </summary>
internal sealed class RepeatIndex(int capacity)
{
    /// <summary>The content of an instance that an earlier build received, which kept another hash: what comes again is taken for the same.</summary>
    public static readonly UInt128 Unknown = UInt128.Zero;

    private readonly Dictionary<UInt128, UInt128> _content = [];
    private readonly Queue<UInt128> _order = new();

    public enum Verdict
    {
        New,
        Repeat,
        Conflict,
        RepeatedConflict,
    }

    public int Count => _content.Count;

    /// <summary>What an instance is, and the entry to add should it be stored.</summary>
    public (Verdict Verdict, Entry Entry) Judge(string sopInstanceUid, UInt128 content)
    {
        byte[] uid = Encoding.UTF8.GetBytes(sopInstanceUid);
        UInt128 key = Key(uid);
        if (!_content.TryGetValue(key, out UInt128 held))
            return (Verdict.New, new Entry(key, content));
        if (held == content || held == Unknown)
            return (Verdict.Repeat, default);
        byte[] other = new byte[1 + 16];
        BinaryPrimitives.WriteUInt128LittleEndian(other.AsSpan(1), content);
        UInt128 conflict = Key([.. uid, .. other]);
        return (_content.ContainsKey(conflict) ? Verdict.RepeatedConflict : Verdict.Conflict, new Entry(conflict, content));
    }

    /// <summary>The entry of an instance, or null where none is held.</summary>
    public Entry? Find(string sopInstanceUid)
    {
        UInt128 key = Key(Encoding.UTF8.GetBytes(sopInstanceUid));
        return _content.TryGetValue(key, out UInt128 content) ? new Entry(key, content) : null;
    }

    public void Add(Entry entry)
    {
        if (!_content.TryAdd(entry.Key, entry.Content))
            return;
        _order.Enqueue(entry.Key);
        while (_content.Count > capacity && _order.TryDequeue(out UInt128 oldest))
            _content.Remove(oldest);
    }

    /// <summary>Takes back an entry whose instance did not become durable. Its place in the order lapses.</summary>
    public void Remove(Entry entry) => _content.Remove(entry.Key);

    private static UInt128 Key(byte[] bytes) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(bytes));

    /// <summary>A UID's key and its content's hash; 32 bytes on disk.</summary>
    public readonly record struct Entry(UInt128 Key, UInt128 Content)
    {
        public const int Size = 32;

        public void Write(Span<byte> into)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(into, Key);
            BinaryPrimitives.WriteUInt128LittleEndian(into[16..], Content);
        }

        public static Entry Read(ReadOnlySpan<byte> from) =>
            new(BinaryPrimitives.ReadUInt128LittleEndian(from), BinaryPrimitives.ReadUInt128LittleEndian(from[16..]));
    }
}
