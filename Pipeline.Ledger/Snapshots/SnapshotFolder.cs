using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Ledger.Snapshots;

/// <summary>
/// The newest snapshots of one chain at one site: their contents are payloads of the chain's store, so that others can fetch them; a small file
/// each, <c>HEIGHT.snapshot</c>, says which. An addition or removal that was cut off leaves a <c>.pending</c> file and is undone at the next
/// opening. Everything here can be lost: the journal is whole without it. Safe for use from several threads.
/// </summary>
public sealed class SnapshotFolder
{
    private const string Suffix = ".snapshot";
    private const string PendingSuffix = ".pending";

    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly IPayloadStore _store;
    private readonly int _keep;
    private readonly SortedList<long, SnapshotEntry> _entries = [];
    private volatile IReadOnlyList<SnapshotEntry> _newestFirst = [];

    private SnapshotFolder(string folder, IPayloadStore store, int keep)
    {
        _folder = Path.GetFullPath(folder);
        _store = store;
        _keep = keep;
    }

    /// <summary>Newest first. Does not wait for a write.</summary>
    public IReadOnlyList<SnapshotEntry> Entries => _newestFirst;

    public SnapshotEntry? Newest => Entries is [var newest, ..] ? newest : null;

    /// <param name="folder">Made where it is absent.</param>
    /// <param name="store">The chain's payloads.</param>
    /// <param name="keep">Snapshots that stay, at least 1; older ones go.</param>
    /// <param name="faults">What could not be read, and was removed.</param>
    /// <exception cref="IOException">The folder cannot be made, read or cleaned.</exception>
    public static SnapshotFolder Open(string folder, IPayloadStore store, int keep, out IReadOnlyList<string> faults)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        var snapshots = new SnapshotFolder(folder, store, keep);
        Directory.CreateDirectory(snapshots._folder);
        faults = [.. snapshots.Load()];
        snapshots.Publish();
        return snapshots;
    }

    /// <summary>Makes the snapshot durable, then removes those that are no longer kept.</summary>
    /// <exception cref="IOException">The disk is full or refused; the snapshot is not there.</exception>
    public void Add(SnapshotEntry entry, ReadOnlySpan<byte> content)
    {
        lock (_lock)
        {
            string pending = PathOf(entry.Height, PendingSuffix);
            DurableFile.Write(pending, pending + ".new", Canonical.Encode(entry));
            _store.Put(content);
            File.Move(pending, PathOf(entry.Height, Suffix), overwrite: true);
            DurableFile.SyncFolder(_folder);
            if (_entries.TryGetValue(entry.Height, out var replaced))
                Forget(replaced, except: entry.Content);
            _entries[entry.Height] = entry;
            while (_entries.Count > _keep)
                Remove(_entries.Values[0]);
            Publish();
        }
    }

    /// <summary>Reads a snapshot's content; false and why not where it is gone or damaged.</summary>
    public bool TryRead(SnapshotEntry entry, [NotNullWhen(true)] out ChainSnapshot? snapshot, [NotNullWhen(false)] out string? fault)
    {
        snapshot = null;
        try
        {
            if (!_store.TryGet(entry.Content, out byte[]? bytes))
            {
                fault = $"its content {entry.Content.Short} is not in the payload store";
                return false;
            }

            return Canonical.TryDecode(bytes, out snapshot, out fault);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            fault = e.Message;
            return false;
        }
    }

    /// <summary>The snapshot turned out to be of no use.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Drop(SnapshotEntry entry)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(entry.Height, out var held) || held.Content != entry.Content)
                return;
            Remove(entry);
            Publish();
        }
    }

    private void Publish() => _newestFirst = [.. _entries.Values.Reverse()];

    private IEnumerable<string> Load()
    {
        foreach (string path in Directory.GetFiles(_folder, "*" + Suffix))
        {
            if (TryLoad(path, out var entry, out string? fault))
            {
                _entries[entry.Height] = entry;
                continue;
            }

            File.Delete(path);
            yield return fault;
        }

        foreach (string path in Directory.GetFiles(_folder, "*" + PendingSuffix))
        {
            if (TryLoad(path, out var entry, out _))
                Forget(entry, except: _entries.GetValueOrDefault(entry.Height)?.Content);
            File.Delete(path);
        }

        foreach (string path in Directory.GetFiles(_folder, "*.new"))
            File.Delete(path);
    }

    private static bool TryLoad(string path, [NotNullWhen(true)] out SnapshotEntry? entry, [NotNullWhen(false)] out string? fault)
    {
        entry = null;
        string name = Path.GetFileNameWithoutExtension(path);
        if (new FileInfo(path).Length > SnapshotEntry.MaxBytes)
            fault = $"'{path}' is larger than any entry";
        else if (Canonical.TryDecode(File.ReadAllBytes(path), out entry, out fault) && NameOf(entry.Height) != name)
            fault = $"'{path}' holds the entry of height {entry.Height}";
        return fault is null;
    }

    private void Remove(SnapshotEntry entry)
    {
        _entries.Remove(entry.Height);
        string pending = PathOf(entry.Height, PendingSuffix);
        File.Move(PathOf(entry.Height, Suffix), pending, overwrite: true);
        Forget(entry, except: null);
        File.Delete(pending);
    }

    private void Forget(SnapshotEntry entry, Digest? except)
    {
        if (entry.Content != except)
            _store.Remove(entry.Content);
    }

    private string PathOf(long height, string suffix) => Path.Combine(_folder, NameOf(height) + suffix);

    private static string NameOf(long height) => height.ToString("D12", CultureInfo.InvariantCulture);
}
