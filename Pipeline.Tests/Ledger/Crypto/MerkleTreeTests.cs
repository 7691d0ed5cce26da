using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Ledger.Crypto;

public sealed class MerkleTreeTests
{
    /// <summary>The leaves and roots that Certificate Transparency implementations share (RFC 6962 and 9162 hash alike).</summary>
    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Known_roots(int size, string root)
    {
        string[] leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        Assert.Equal(root, MerkleTree.Root([.. leaves.Take(size).Select(Convert.FromHexString)]).ToString());
    }

    public static TheoryData<int> Sizes => [.. Enumerable.Range(0, 18)];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_inclusion_proof_verifies_and_every_altered_one_fails(int size)
    {
        var leaves = Leaves(size);
        var root = MerkleTree.Root(leaves);
        for (int i = 0; i < size; i++)
        {
            var path = MerkleTree.InclusionProof(leaves, i);
            Assert.True(MerkleTree.VerifyInclusion(root, leaves[i], i, size, path));
            Assert.True(path.Length <= Math.Ceiling(Math.Log2(size)));

            Assert.False(MerkleTree.VerifyInclusion(root, [0xff], i, size, path));
            Assert.False(MerkleTree.VerifyInclusion(Golden.Filled(1), leaves[i], i, size, path));
            Assert.False(MerkleTree.VerifyInclusion(root, leaves[i], i, size, [.. path, Golden.Filled(1)]));
            Assert.False(MerkleTree.VerifyInclusion(root, leaves[i], -1, size, path));
            Assert.False(MerkleTree.VerifyInclusion(root, leaves[i], size, size, path));
            for (int other = 0; other < size; other++)
            {
                if (other != i)
                    Assert.False(MerkleTree.VerifyInclusion(root, leaves[i], other, size, path));
            }

            for (int step = 0; step < path.Length; step++)
            {
                var altered = path.ToArray();
                altered[step] = Golden.Filled(2);
                Assert.False(MerkleTree.VerifyInclusion(root, leaves[i], i, size, altered));
                Assert.False(MerkleTree.VerifyInclusion(root, leaves[i], i, size, [.. path.Where((_, p) => p != step)]));
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleTree.InclusionProof(leaves, size));
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleTree.InclusionProof(leaves, -1));
    }

    [Fact]
    public void A_node_cannot_pass_for_a_leaf()
    {
        var leaves = Leaves(4);
        var left = MerkleTree.Root(leaves[..2]);
        byte[] node = [.. MerkleTree.LeafHash(leaves[0]).ToArray(), .. MerkleTree.LeafHash(leaves[1]).ToArray()];
        Assert.NotEqual(left, MerkleTree.LeafHash(node));
        Assert.False(MerkleTree.VerifyInclusion(MerkleTree.Root(leaves), node, 0, 2, [MerkleTree.Root(leaves[2..])]));
    }

    private static byte[][] Leaves(int size) => [.. Enumerable.Range(0, size).Select(i => new[] { (byte)i, (byte)(i * 7) })];
}
