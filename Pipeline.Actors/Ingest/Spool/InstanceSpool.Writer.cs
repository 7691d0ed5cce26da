using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>What the spool's one writer does with the work that uploads bring.</summary>
public sealed partial class InstanceSpool
{
    private void Write()
    {
        for (Queue<SpoolWork> taken = new(); _queue.TryTake(taken, out Queue<SpoolWork>? work); taken = work)
        {
            while (work.TryDequeue(out SpoolWork? next))
                Write(next);
        }
    }

    private void Write(SpoolWork work)
    {
        Action? answer = null;
        RecordLog? log = null;
        bool low = Low;
        lock (_gate)
        {
            while (_breaking > 0)
                Monitor.Wait(_gate);
            if (_killed)
                Refuse(work.Upload, "The node is stopping.");
            else if (low)
                Refuse(work.Upload, "Disk space is low; nothing was kept.");
            switch (work)
            {
                case SpoolWork.Chunk chunk when chunk.Upload.Refusal is null:
                    Attempt(chunk.Upload, () => log = Prepare(chunk.Upload));
                    _writing = log is not null;
                    break;
                case SpoolWork.Commit commit:
                    answer = Finish(commit);
                    break;
                case SpoolWork.Abandon abandon:
                    Forget(abandon.Upload);
                    break;
            }
        }
        if (work is SpoolWork.Chunk taken)
        {
            if (log is not null)
                Append(taken, log);
            taken.Upload.Done(taken);
        }
        answer?.Invoke();
    }

    /// <returns>Where the next chunk of an upload goes; null where it was refused meanwhile.</returns>
    private RecordLog? Prepare(SpoolUpload upload)
    {
        if (_activeBroken || _active.Log.Length >= _settings.SegmentBytes)
            Rotate();
        if (upload.Refusal is not null)
            return null;
        if (upload.First is null)
        {
            upload.First = _active;
            _active.OpenUploads++;
            _uploads.Add(upload);
        }
        return _active.Log;
    }

    /// <summary>Without the gate, which flushes need to begin and to answer while the disk takes the data.</summary>
    private void Append(SpoolWork.Chunk chunk, RecordLog log)
    {
        Exception? failure = null;
        try
        {
            long at = log.Append(SpoolEntry.EncodeChunk(chunk.Upload.Number, chunk.Buffer.AsMemory(0, chunk.Length)));
            // The disk works while the rest arrives, so the flush behind the commit has little left.
            log.BeginWriteBack(at);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            failure = error;
        }
        lock (_gate)
        {
            _writing = false;
            Monitor.PulseAll(_gate);
            if (failure is not null)
                Attempt(chunk.Upload, () => throw failure);
        }
    }

    /// <returns>The answer, where it need not wait for a flush.</returns>
    private Action? Finish(SpoolWork.Commit commit)
    {
        SpoolUpload upload = commit.Upload;
        if (upload.Refusal is null)
            Attempt(upload, () => Commit(commit));
        // From here on a refusal is no answer: the flusher has the commit.
        DimseStatus? refused = upload.Refusal;
        Forget(upload);
        return refused is { } refusal ? () => commit.Answer.SetResult(refusal) : null;
    }

    private void Commit(SpoolWork.Commit commit)
    {
        if (_activeBroken)
            Rotate();
        if (commit.Upload.Refusal is not null)
            return;
        ReceivedInstance instance = commit.Instance;
        (RepeatIndex.Verdict verdict, RepeatIndex.Entry entry) = _index.Judge(instance.SopInstanceUid, instance.Content);
        bool conflict = verdict is RepeatIndex.Verdict.Conflict or RepeatIndex.Verdict.RepeatedConflict;
        if (verdict is RepeatIndex.Verdict.New or RepeatIndex.Verdict.Conflict)
        {
            _active.Log.Append(SpoolEntry.EncodeCommit(commit.Upload.Number, instance, _next, conflict, _clock.GetUtcNow()));
            commit.Upload.First?.Hold(_next);
            _active.Hold(_next);
            _active.Entries.Add(entry);
            _index.Add(entry);
            _origins.Add(_next, instance.Trace);
            _unflushed.Add((_next, entry));
            _next++;
            commit.Upload.Committed = true;
        }
        _flusher.Add(commit.Answer, conflict ? DimseStatus.Conflict : DimseStatus.Success, _active.Log, _next);
    }

    /// <summary>The upload has ended; without a commit its chunks are void.</summary>
    private void Forget(SpoolUpload upload)
    {
        if (!_uploads.Remove(upload))
            return;
        upload.First!.OpenUploads--;
        if (!upload.Committed && !_killed && !_activeBroken)
            Attempt(upload, () => _active.Log.Append(SpoolEntry.EncodeAbandon(upload.Number)));
    }

    private static void Refuse(SpoolUpload upload, string why) => upload.Refusal ??= DimseStatus.OutOfResources(why);

    private void Attempt(SpoolUpload upload, Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Refuse(upload, Unwritable);
            _flusher.Fail(error.Message);
        }
    }
}
