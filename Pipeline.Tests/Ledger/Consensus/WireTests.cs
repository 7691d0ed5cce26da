using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Golden bytes: a changed digest here is a changed wire format. Those of the journal are in <see cref="JournalGoldenTests"/>.</summary>
public sealed class WireTests
{
    public static TheoryData<string, int, string> Messages => new()
    {
        { "propose", 621, "bb2b65d135186bfcd6977611cf1e2456" },
        { "votes", 108, "d5bad3fa9fe8d8b57ed2b0c9ce848363" },
        { "polka", 553, "db7efea4dab8f743738de610691af08c" },
        { "decided", 552, "42f8dcb6e8e4252aba6fc6aa28f69042" },
        { "status", 217, "028d35bc745cd22f7b7b4bdd81520e85" },
        { "get-blocks", 6, "a6b80efb90870ddea1e273cf007491da" },
        { "blocks", 553, "847f4308bf1d9ac24ab6e6874b18144a" },
        { "transactions", 122, "e866bfbf1e189ffd595026cca61371b1" },
        { "evidence", 213, "846adcacdff3f8453d389892a49b2eb3" },
        { "get-snapshot", 3, "c65e8ab68ba2c91161b100d91bfddc7d" },
        { "snapshot-offer", 468, "eff5149f55840e054a8698434ecc9e86" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_has_its_golden_bytes_and_comes_back(string name, int length, string digest)
    {
        var bytes = Canonical.Encode(Message(name));

        Assert.Equal((name, length, digest), (name, bytes.Length, Digest.Of(bytes).ToString()[..32]));
        Assert.True(Canonical.TryDecode<ChainMessage>(bytes, out var back, out var error), error);
        Assert.Equal(bytes, Canonical.Encode(back));
        Assert.Equal(Message(name).GetType(), back.GetType());
    }

    [Fact]
    public void Small_messages_byte_by_byte()
    {
        Assert.Equal("820682051840", Convert.ToHexStringLower(Canonical.Encode<ChainMessage>(new ChainMessage.GetBlocks(5, 64))));
        Assert.Equal("8205850500018080", Convert.ToHexStringLower(Canonical.Encode<ChainMessage>(new ChainMessage.Status(5, 0, StatusKind.Question, [], []))));
    }

    [Theory]
    [InlineData("820a80", "unknown kind")]
    [InlineData("8206", "truncated")]
    [InlineData("82068205184000", "a byte follows")]
    [InlineData("820682051841", "more blocks than the bound of 64")]
    [InlineData("8206830501f5", "an item too many")]
    [InlineData("8206820001", "height 0")]
    [InlineData("820682180501", "an integer not in its shortest form")]
    [InlineData("9f06820501ff", "an indefinite array")]
    [InlineData("82029a00ffffff", "claims sixteen million votes")]
    [InlineData("c08206820501", "a tag")]
    [InlineData("8206820500", "no block asked for")]
    [InlineData("820682f90000f90000", "floats")]
    [InlineData("", "nothing")]
    public void What_is_not_canonical_is_refused(string hex, string why)
    {
        Assert.False(Canonical.TryDecode<ChainMessage>(Convert.FromHexString(hex), out _, out var error), why);
        Assert.NotEmpty(error);
    }

    [Fact]
    public void No_truncation_and_no_flipped_bit_crashes_the_decoder()
    {
        foreach (var name in Messages.Select(m => (string)m[0]))
        {
            var bytes = Canonical.Encode(Message(name));
            for (int i = 0; i < bytes.Length; i++)
            {
                Assert.False(Canonical.TryDecode<ChainMessage>(bytes.AsMemory(0, i), out _, out _));
                byte[] flipped = [.. bytes];
                flipped[i] ^= 0x40;
                if (Canonical.TryDecode<ChainMessage>(flipped, out var message, out _))
                    Assert.Equal(flipped, Canonical.Encode(message));
            }
        }
    }

    private static ChainMessage Message(string name) => name switch
    {
        "propose" => new ChainMessage.Propose(ConsensusSamples.Proposal),
        "votes" => new ChainMessage.Votes([ConsensusSamples.Vote]),
        "polka" => new ChainMessage.Polka(ConsensusSamples.Polka, ConsensusSamples.Block),
        "decided" => new ChainMessage.Decided(ConsensusSamples.Committed),
        "status" => new ChainMessage.Status(6, 1, StatusKind.Answer, [ConsensusSamples.Vote], [ConsensusSamples.Proposal.Statement]),
        "get-blocks" => new ChainMessage.GetBlocks(3, 64),
        "blocks" => new ChainMessage.Blocks([ConsensusSamples.Committed]),
        "transactions" => new ChainMessage.Transactions([ConsensusSamples.Transaction]),
        "evidence" => new ChainMessage.Evidence([ConsensusSamples.Evidence]),
        "get-snapshot" => new ChainMessage.GetSnapshot(7),
        _ => new ChainMessage.SnapshotOffer(
            new CertifiedHeader(ConsensusSamples.Block.Header, ConsensusSamples.Committed.Certificate), ConsensusSamples.D(7), 1000),
    };
}
