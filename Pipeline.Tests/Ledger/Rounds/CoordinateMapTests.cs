using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class CoordinateMapTests
{
    [Fact]
    public void Positions_and_flat_indices_are_inverse_and_cover_every_coordinate_once()
    {
        var layout = TestChain.Layout;
        var map = layout.Coordinates;
        int[] positions = [.. Enumerable.Range(0, layout.SparseLength)];
        var flat = new int[positions.Length];
        map.ToFlat(positions, flat);
        for (int i = 0; i < positions.Length; i++)
        {
            Assert.Equal(flat[i], map.ToFlat(i));
            Assert.Equal(i, map.ToBackbone(flat[i]));
        }

        var dense = new int[layout.DenseLength];
        map.GatherDense<int>([.. Enumerable.Range(0, layout.Length)], dense);
        Assert.All(dense, f => Assert.Equal(-1, map.ToBackbone(f)));
        Assert.Equal(Enumerable.Range(0, layout.Length), flat.Concat(dense).Order());
    }

    [Fact]
    public void A_position_outside_the_backbone_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TestChain.Layout.Coordinates.ToFlat(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TestChain.Layout.Coordinates.ToFlat(TestChain.Layout.SparseLength));
    }

    [Fact]
    public void Backbone_gathers_in_position_order()
    {
        var layout = TestChain.Layout;
        var backbone = new int[layout.SparseLength];
        layout.Coordinates.GatherBackbone<int>([.. Enumerable.Range(0, layout.Length)], backbone);
        Assert.Equal(Enumerable.Range(0, layout.SparseLength).Select(layout.Coordinates.ToFlat), backbone);
    }
}
