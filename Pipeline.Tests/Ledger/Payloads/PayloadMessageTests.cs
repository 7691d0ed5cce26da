using CsCheck;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Payloads;
using Xunit;

namespace Pipeline.Tests.Ledger.Payloads;

public sealed class PayloadMessageTests
{
    [Fact]
    public void Golden_bytes_of_every_message()
    {
        var payload = Golden.Filled(0xaa);
        var root = Golden.Filled(0xbb);
        Check(new PayloadMessage.Announce(2, payload, 300_000, root), "85 01 02 5820 aa*32 1a000493e0 5820 bb*32");
        Check(new PayloadMessage.Want(payload), "82 02 5820 aa*32");
        Check(new PayloadMessage.Have(payload, 1, root), "84 03 5820 aa*32 01 5820 bb*32");
        Check(new PayloadMessage.NotHave(payload), "82 04 5820 aa*32");
        Check(new PayloadMessage.GetChunk(payload, 24), "83 05 5820 aa*32 1818");
        Check(new PayloadMessage.Chunk(payload, 1, [1, 2, 3], [root, payload]), "85 06 5820 aa*32 01 43 010203 82 5820 bb*32 5820 aa*32");
        Check(new PayloadMessage.Ack(new StoreAck(payload, "north", Golden.Bytes(64, 0xcc))), "82 07 83 5820 aa*32 65 6e6f727468 5840 cc*64");
    }

    [Fact]
    public void A_store_ack_alone_has_golden_bytes() =>
        Golden.Check(new StoreAck(Golden.Filled(0xaa), "north", Golden.Bytes(64, 0xcc)), "83 5820 aa*32 65 6e6f727468 5840 cc*64");

    [Theory]
    [InlineData("82 00 5820 aa*32", "integer 0 outside")]
    [InlineData("82 08 5820 aa*32", "integer 8 outside")]
    [InlineData("83 02 5820 aa*32 01", "where 2 are required")]
    [InlineData("84 03 5820 aa*32 00 5820 bb*32", "integer 0 outside")]
    [InlineData("83 05 5820 aa*32 194000", "integer 16384 outside")]
    [InlineData("83 05 5820 aa*32 20", "integer -1 outside")]
    [InlineData("85 06 5820 aa*32 01 5a00040001", "")]
    [InlineData("a1 01 02", "StartMap")]
    [InlineData("82 02 5820 aa*32 00", "follow the value")]
    public void Malformed_bytes_are_refused_with_a_reason(string hex, string reason)
    {
        var bytes = Golden.Parse(hex);
        Assert.False(Canonical.TryDecode<PayloadMessage>(bytes, out _, out string? error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chunk_longer_than_256_KiB_or_with_a_longer_path_than_any_tree_is_refused()
    {
        var long_ = new PayloadMessage.Chunk(Golden.Filled(1), 0, new byte[PayloadChunks.Size + 1], []).Encode();
        var deep = new PayloadMessage.Chunk(Golden.Filled(1), 0, [1], Enumerable.Repeat(Golden.Filled(2), 15).ToList()).Encode();
        Assert.False(Canonical.TryDecode<PayloadMessage>(long_, out _, out _));
        Assert.False(Canonical.TryDecode<PayloadMessage>(deep, out _, out _));
    }

    [Fact]
    public void Any_bytes_decode_or_give_a_reason_and_never_throw() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
            Canonical.TryDecode<PayloadMessage>(bytes, out var message, out string? error)
                ? message.Encode().AsSpan().SequenceEqual(bytes)
                : error.Length > 0, iter: 20_000);

    private static void Check(PayloadMessage message, string hex)
    {
        var decoded = Golden.Check(message, hex);
        Assert.IsType(message.GetType(), decoded);
    }
}
