namespace Pipeline.Actors.Ingest.Spool;

/// <summary>What room the spool takes on the disk, and leaves there.</summary>
public sealed partial class InstanceSpool
{
    /// <summary>Sizes and the watermark from now on; folder and index stay as they are. Spare files beyond a lower number are deleted.</summary>
    public void Apply(SpoolSettings wanted)
    {
        lock (_gate)
        {
            _settings = wanted with { Folder = _settings.Folder, MaxIndexed = _settings.MaxIndexed };
            while (_spare.Count > wanted.SpareSegments)
                _doomed.Add(_spare.Dequeue());
        }
        DeleteDoomed();
        RefreshFreeSpace(force: true);
    }

    private void RefreshFreeSpace(bool force)
    {
        long last = Volatile.Read(ref _freeCheckedAt);
        if (!force && _clock.GetElapsedTime(last) < FreeSpaceValidity)
            return;
        Volatile.Write(ref _freeCheckedAt, _clock.GetTimestamp());
        long free = _files.FreeBytes(_settings.Folder);
        if (free < _settings.LowWatermark)
        {
            DeleteSpare();
            free = _files.FreeBytes(_settings.Folder);
        }
        bool wasLow = _low;
        _low = free < _settings.LowWatermark;
        if (_low)
            Obstruct($"{free >> 20} MiB are free, fewer than the {_settings.LowWatermark >> 20} MiB of pipeline.ingest.low-watermark");
        else if (wasLow)
            Obstruct(null);
    }

    private void DeleteSpare()
    {
        lock (_gate)
        {
            while (_spare.TryDequeue(out string? path))
                _doomed.Add(path);
        }
        DeleteDoomed();
    }

    /// <summary>As far as the disk lets it. Without the gate, which the deletion of large files would hold for long.</summary>
    private void DeleteDoomed()
    {
        string[] paths;
        lock (_gate)
            paths = [.. _doomed];
        if (paths.Length == 0)
            return;
        string[] gone = [.. paths.Where(path => Try(() => _files.Delete(path)))];
        // The others stay on the list; after the next start they are consumed segments.
        if (!Try(() => _files.SyncFolder(_settings.Folder)))
            return;
        lock (_gate)
            _doomed.RemoveAll(gone.Contains);

        static bool Try(Action act)
        {
            try
            {
                act();
                return true;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <summary>A spool at rest holds what is to be consumed and nothing else.</summary>
    private void LeaveNothingStale()
    {
        DeleteSpare();
        try
        {
            lock (_gate)
                _active.Log.Trim();
        }
        catch (IOException)
        {
            // The next start cuts what lies behind the last record.
        }
    }
}
