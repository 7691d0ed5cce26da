using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Updates;

/// <summary>
/// Keeps a <see cref="SiteState"/> in one file, replaced as a whole: after a crash the file holds the state before a round or after it, never
/// between, so that nothing of a delta is lost or counted twice. Layout: magic ‖ layout digest ‖ round ‖ base ‖ optimizer steps ‖ payload
/// length ‖ payload ‖ residual ‖ moments ‖ SHA-256 of all before, little-endian. Where the policy makes a site remember more, another magic, and after the moments
/// control and velocity, each as length ‖ values; of a branch that a trial began, a third magic, and the branch behind those.
/// </summary>
public sealed class SiteStateFile(string path, ModelLayout layout)
{
    private const ulong Magic = 0x3130_4554_4154_5350; // "PSTATE01"
    private const ulong LongMagic = 0x3230_4554_4154_5350; // "PSTATE02"
    private const ulong BranchMagic = 0x3330_4554_4154_5350; // "PSTATE03"

    private delegate void Sink(ReadOnlySpan<byte> bytes);

    public string Path => path;

    /// <summary>The stored state, or a fresh one where no file is.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or of another model.</exception>
    public SiteState Load()
    {
        if (!File.Exists(path))
            return SiteState.Fresh(layout.Length);
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < Digest.Size || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - Digest.Size)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - Digest.Size)))
            throw new InvalidDataException($"{path} is damaged: its checksum does not match; move it away to start with an empty residual");
        using var reader = new BinaryReader(new MemoryStream(bytes));
        ulong magic = reader.ReadUInt64();
        if (magic is not (Magic or LongMagic or BranchMagic) || new Digest(reader.ReadBytes(Digest.Size)) != layout.Digest)
            throw new InvalidDataException($"{path} belongs to another model layout; move it away to start with an empty residual");
        long round = reader.ReadInt64();
        var origin = new Digest(reader.ReadBytes(Digest.Size));
        long steps = reader.ReadInt64();
        var payload = reader.ReadBytes(reader.ReadInt32());
        var state = new SiteState(round, origin, payload, Floats(reader), steps, Floats(reader), Floats(reader));
        return magic == Magic ? state : state with { Control = Counted(reader), Velocity = Counted(reader), Branch = magic == BranchMagic ? reader.ReadInt64() : 0 };
    }

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">The disk is full or refused; the old state stands.</exception>
    public void Save(SiteState state)
    {
        string fresh = path + ".new", folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            HashWhileWriting(state, hash, file);
            file.Write(hash.GetHashAndReset());
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        DurableFile.SyncFolder(folder);
    }

    /// <summary>Megabytes are hashed while the disk takes them: only the checksum, the file's last bytes, has to wait for both.</summary>
    private void HashWhileWriting(SiteState state, IncrementalHash hash, FileStream file)
    {
        try
        {
            Parallel.Invoke(
                () => Write(state, hash.AppendData),
                () =>
                {
                    Write(state, file.Write);
                    file.Flush(flushToDisk: true);
                });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
        }
    }

    /// <summary>All of the file but its checksum, piece by piece.</summary>
    private void Write(SiteState state, Sink sink)
    {
        bool longer = state.Control.Length + state.Velocity.Length > 0 || state.Branch > 0;
        using var head = new MemoryStream();
        using (var writer = new BinaryWriter(head, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(state.Branch > 0 ? BranchMagic : longer ? LongMagic : Magic);
            writer.Write(layout.Digest.ToArray());
            writer.Write(state.Round);
            writer.Write(state.Base.ToArray());
            writer.Write(state.OptimizerSteps);
            writer.Write(state.Payload.Length);
            writer.Write(state.Payload);
        }

        sink(head.GetBuffer().AsSpan(0, (int)head.Length));
        sink(MemoryMarshal.AsBytes<float>(state.Residual));
        sink(MemoryMarshal.AsBytes<float>(state.FirstMoment));
        sink(MemoryMarshal.AsBytes<float>(state.SecondMoment));
        foreach (float[] values in longer ? new[] { state.Control, state.Velocity } : [])
        {
            sink(BitConverter.GetBytes(values.Length));
            sink(MemoryMarshal.AsBytes<float>(values));
        }

        if (state.Branch > 0)
            sink(BitConverter.GetBytes(state.Branch));
    }

    private float[] Counted(BinaryReader reader) => reader.ReadInt32() switch
    {
        0 => [],
        var length when length == layout.Length => Floats(reader),
        var length => throw new InvalidDataException($"{path} holds a vector of {length} values where the model has {layout.Length}; move it away to start with an empty residual"),
    };

    private float[] Floats(BinaryReader reader)
    {
        var values = new float[layout.Length];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
