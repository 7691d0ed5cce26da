using System.Security.Cryptography;
using System.Text;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest.Files;

/// <summary>Encryption at rest: what is sealed opens again under its key and its place, and under nothing else.</summary>
public sealed class AesGcmSealTests : IDisposable
{
    private static readonly byte[] First = SHA256.HashData("first"u8), Second = SHA256.HashData("second"u8);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_record_comes_back_as_it_was_and_is_not_seen_on_the_way()
    {
        IRecordSeal seal = new StorageKeys([First], seals: true).For("spool");
        byte[] record = Join(seal.Seal(["MUSTER"u8.ToArray(), "MANN"u8.ToArray()]));
        Assert.Equal(10 + seal.Overhead, record.Length);
        Assert.DoesNotContain("MUSTER", Encoding.Latin1.GetString(record), StringComparison.Ordinal);
        Assert.Equal("MUSTERMANN"u8.ToArray(), seal.Open(record).ToArray());
        Assert.NotEqual(record, Join(seal.Seal(["MUSTERMANN"u8.ToArray()])));
    }

    [Fact]
    public void Every_byte_that_is_changed_is_noticed()
    {
        IRecordSeal seal = new StorageKeys([First], seals: true).For("spool");
        byte[] record = Join(seal.Seal(["MUSTERMANN"u8.ToArray()]));
        for (int i = 1; i < record.Length; i++)
        {
            byte[] changed = [.. record];
            changed[i] ^= 1;
            Assert.Throws<IOException>(() => seal.Open(changed));
        }
        Assert.Throws<IOException>(() => seal.Open(record.AsMemory(0, 20)));
    }

    [Fact]
    public void After_a_rotation_old_records_open_and_new_ones_need_the_new_key()
    {
        byte[] before = Join(new StorageKeys([First], seals: true).For("spool").Seal([new byte[] { 1, 2 }]));
        IRecordSeal rotated = new StorageKeys([Second, First], seals: true).For("spool");
        Assert.Equal([1, 2], rotated.Open(before).ToArray());
        byte[] after = Join(rotated.Seal([new byte[] { 3 }]));
        IOException error = Assert.Throws<IOException>(() => new StorageKeys([First], seals: true).For("spool").Open(after));
        Assert.Contains("not among the storage keys", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_does_not_open_in_another_place_and_an_open_one_passes()
    {
        var keys = new StorageKeys([First], seals: true);
        byte[] record = Join(keys.For("samples/a").Seal([new byte[] { 1 }]));
        Assert.Throws<IOException>(() => keys.For("samples/b").Open(record));
        Assert.Equal([1, 5, 6], keys.For("samples/a").Open(new byte[] { 1, 5, 6 }).ToArray());
        IReadOnlyList<ReadOnlyMemory<byte>> parts = [new byte[] { 9 }];
        Assert.Same(parts, StorageKeys.None.For("spool").Seal(parts));
        Assert.Same(parts, new StorageKeys([First], seals: false).For("spool").Seal(parts));
    }

    [Fact]
    public void A_log_turned_to_encryption_reads_both_kinds_and_its_file_shows_only_the_old()
    {
        string path = Path.Combine(_folder.Path, "log");
        using (RecordLog open = RecordLog.Open(new DiskFileSystem(), path, 1000, null))
        {
            open.Append(["\u0001OLDNAME"u8.ToArray()]);
            open.Flush();
        }
        IRecordSeal seal = new StorageKeys([First], seals: true).For("spool");
        using (RecordLog log = RecordLog.Open(new DiskFileSystem(), path, 1000, null, seal))
        {
            log.Append(["\u0001NEWNAME"u8.ToArray()]);
            log.Flush();
        }
        var read = new List<string>();
        using (RecordLog.Open(new DiskFileSystem(), path, 1000, (_, bytes) => read.Add(Encoding.ASCII.GetString(bytes.Span)), seal))
            Assert.Equal(["\u0001OLDNAME", "\u0001NEWNAME"], read);
        string file = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        Assert.Contains("OLDNAME", file, StringComparison.Ordinal);
        Assert.DoesNotContain("NEWNAME", file, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sealed_file_of_several_blocks_comes_back_and_a_missing_or_moved_block_is_noticed()
    {
        IRecordSeal seal = new StorageKeys([First], seals: true).For("quarantine/1");
        byte[] content = new byte[(5 << 19) + 7];
        new Random(3).NextBytes(content);
        string path = Path.Combine(_folder.Path, "original.sealed");
        new DiskFileSystem().Replace(path, SealedFile.Seal([content.AsMemory(0, 1000), content.AsMemory(1000)], seal));
        Assert.Equal(content, SealedFile.Open(path, seal, content.Length));
        Assert.Throws<IOException>(() => SealedFile.Open(path, seal, content.Length - 1));

        byte[] bytes = File.ReadAllBytes(path);
        int block = 4 + BitConverter.ToInt32(bytes);
        foreach (byte[] mutilated in new[] { bytes[..(2 * block)], bytes[block..], [.. bytes[block..(2 * block)], .. bytes[..block], .. bytes[(2 * block)..]] })
        {
            File.WriteAllBytes(path, mutilated);
            Assert.Throws<IOException>(() => SealedFile.Open(path, seal, content.Length));
        }
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("# none\n", 0)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000001 # new\n0000000000000000000000000000000000000000000000000000000000000002", 2)]
    public void Keys_are_read_from_lines_and_lists(string text, int count) => Assert.Equal(count, StorageKeys.Parse(text)!.Count);

    [Theory]
    [InlineData("00")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000001")]
    public void What_is_no_key_is_refused(string text) => Assert.Null(StorageKeys.Parse(text));

    private static byte[] Join(IReadOnlyList<ReadOnlyMemory<byte>> parts) => [.. parts.SelectMany(part => part.ToArray())];
}
