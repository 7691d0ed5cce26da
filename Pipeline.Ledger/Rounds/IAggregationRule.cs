namespace Pipeline.Ledger.Rounds;

/// <summary>A chain's aggregation rule: looks at a round's updates as a whole and says how each coordinate is aggregated.</summary>
public interface IAggregationRule
{
    /// <param name="geometry">Norms and distances of the round's updates, computed when first asked for.</param>
    ICoordinateRule Prepare(UpdateGeometry geometry);
}
