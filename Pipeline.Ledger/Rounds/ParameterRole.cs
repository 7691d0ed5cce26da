namespace Pipeline.Ledger.Rounds;

/// <summary>What a tensor is for: norms and the head are few and always sent; the backbone is sparse and is what a bridge carries.</summary>
public enum ParameterRole
{
    Backbone = 0,
    Norm = 1,
    Head = 2,
}
