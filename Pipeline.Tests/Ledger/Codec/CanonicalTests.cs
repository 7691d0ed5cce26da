using CsCheck;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Codec;

public sealed class CanonicalTests
{
    /// <summary>One field of each kind, with small bounds.</summary>
    private sealed record Sample(long Number, ulong Unsigned, bool Flag, byte[] Bytes, string Text, IReadOnlyList<MemberPublicKey> List)
        : ICanonical<Sample>
    {
        public void WriteTo(CanonicalWriter writer) =>
            writer.Array(6).Int(Number).UInt(Unsigned).Bool(Flag).Bytes(Bytes).Text(Text).List(List).EndArray();

        public static Sample ReadFrom(CanonicalReader reader)
        {
            reader.Array(6);
            var sample = new Sample(
                reader.Int(-1000, 1000), reader.UInt(), reader.Bool(), reader.Bytes(4), reader.Text(4), reader.List<MemberPublicKey>(2));
            reader.EndArray();
            return sample;
        }
    }

    [Fact]
    public void Golden_bytes() =>
        Golden.Check(new Sample(-500, ulong.MaxValue, true, [1, 2], "né", [new MemberPublicKey(Golden.Filled(7))]),
            "86 3901f3 1bffffffffffffffff f5 42 0102 63 6ec3a9 81 82 01 5820 07*32");

    [Theory]
    [InlineData("c1 86 00 00 f4 40 60 80", "a tag before the array")]
    [InlineData("86 c1 00 00 f4 40 60 80", "a tag before a field")]
    [InlineData("86 f90000 00 f4 40 60 80", "a half float where an integer is due")]
    [InlineData("86 fb0000000000000000 00 f4 40 60 80", "a double where an integer is due")]
    [InlineData("a6 00 00 01 00 02 00 03 00 04 00 05 00", "a map")]
    [InlineData("9f 00 00 f4 40 60 80 ff", "an array of indefinite length")]
    [InlineData("86 00 00 f4 5f 41 01 ff 60 80", "a byte string of indefinite length")]
    [InlineData("86 00 00 f4 40 7f 61 61 ff 80", "a text of indefinite length")]
    [InlineData("86 00 00 f4 40 60 80 00", "a trailing byte")]
    [InlineData("86 1800 00 f4 40 60 80", "an integer longer than needed")]
    [InlineData("86 00 190001 f4 40 60 80", "an unsigned integer longer than needed")]
    [InlineData("86 00 00 f4 5800 60 80", "a length longer than needed")]
    [InlineData("9806 00 00 f4 40 60 80", "an array length longer than needed")]
    [InlineData("85 00 00 f4 40 60", "a field missing")]
    [InlineData("87 00 00 f4 40 60 80 00", "a field too many")]
    [InlineData("86 1903e9 00 f4 40 60 80", "an integer above its bound")]
    [InlineData("86 3903e8 00 f4 40 60 80", "an integer below its bound")]
    [InlineData("86 1bffffffffffffffff 00 f4 40 60 80", "an integer beyond 64 signed bits")]
    [InlineData("86 00 20 f4 40 60 80", "a negative where an unsigned is due")]
    [InlineData("86 00 00 f6 40 60 80", "null where a boolean is due")]
    [InlineData("86 00 00 f4 45 0000000000 60 80", "bytes beyond their bound")]
    [InlineData("86 00 00 f4 5a7fffffff 60 80", "a length that claims 2 GiB")]
    [InlineData("86 00 00 f4 40 65 6161616161 80", "text beyond its bound")]
    [InlineData("86 00 00 f4 40 61 ff 80", "text that is not UTF-8")]
    [InlineData("86 00 00 f4 60 40 80", "text where bytes are due")]
    [InlineData("86 00 00 f4 40 60 9a7fffffff", "a list that claims two billion items")]
    [InlineData("86 00 00 f4 40 60 81 82 02 5820 07*32", "an unknown signature scheme")]
    [InlineData("86 00 00 f4 40 60 81 82 01 581f 07*31", "a short digest")]
    [InlineData("86 00 00 f4 40 60", "an end too early")]
    [InlineData("", "nothing")]
    [InlineData("ff", "a break alone")]
    public void Anything_but_the_exact_schema_is_refused(string hex, string because)
    {
        Assert.False(Canonical.TryDecode<Sample>(Golden.Parse(hex), out var value, out string? error), because);
        Assert.Null(value);
        Assert.StartsWith("Sample: ", error, StringComparison.Ordinal);
        Assert.Throws<CanonicalFormatException>(() => Canonical.Decode<Sample>(Golden.Parse(hex)));
    }

    [Fact]
    public void The_valid_neighbour_of_those_is_accepted() =>
        Golden.Check(new Sample(0, 0, false, [], "", []), "86 00 00 f4 40 60 80");

    [Fact]
    public void Random_bytes_and_flipped_bits_never_throw_and_never_decode_to_another_encoding()
    {
        var genesis = Canonical.Encode(new Genesis(
            1, "chest", 5, new MemberSet([new Member("a", new MemberPublicKey(Golden.Filled(1)))]), ConsensusParameters.Default, [1]));
        Gen.Select(Gen.Int[0, genesis.Length * 8 - 1], Gen.Int[0, genesis.Length]).Sample((bit, cut) =>
        {
            var bytes = genesis.ToArray();
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            Check<Genesis>(bytes);
            Check<Genesis>(genesis[..cut]);
        }, iter: 5_000);
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            Check<Genesis>(bytes);
            Check<Block>(bytes);
            Check<QuorumCertificate>(bytes);
            Check<ModelLayout>(bytes);
            Check<SparseUpdate>(bytes);
        }, iter: 5_000);
    }

    private static void Check<T>(byte[] bytes) where T : ICanonical<T>
    {
        if (Canonical.TryDecode<T>(bytes, out var value, out string? error))
            Assert.Equal(bytes, Canonical.Encode(value));
        else
            Assert.NotEmpty(error);
    }
}
