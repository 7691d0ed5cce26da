using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class FixedPointModelTests
{
    [Fact]
    public void Its_bytes_are_little_endian_and_its_digest_is_theirs()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int trial = 0; trial < 50; trial++)
        {
            var layout = new ModelLayout([new TensorLayout("conv", [1 + random.Next(500)], ParameterRole.Backbone, 20), new TensorLayout("head", [2], ParameterRole.Head, 16)]);
            int[] weights = Values(random, layout.Length), momentum = Values(random, layout.Length);
            var model = new FixedPointModel(layout, weights, momentum);
            var expected = new List<byte>(layout.Digest.ToArray());
            var number = new byte[4];
            foreach (int value in weights.Concat(momentum))
            {
                BinaryPrimitives.WriteInt32LittleEndian(number, value);
                expected.AddRange(number);
            }

            byte[] bytes = model.ToBytes();
            Assert.True(expected.SequenceEqual(bytes), $"seed {seed}, trial {trial}: other bytes");
            Assert.True(Digest.Of(bytes) == model.Digest, $"seed {seed}, trial {trial}: the digest is not that of the bytes");
            var read = FixedPointModel.TryFromBytes(layout, bytes, out string? error);
            Assert.Null(error);
            Assert.True(weights.SequenceEqual(read!.Weights) && momentum.SequenceEqual(read.Momentum), $"seed {seed}, trial {trial}: read otherwise than written");
        }
    }

    private static int[] Values(Random random, int length)
    {
        var values = new int[length];
        random.NextBytes(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
