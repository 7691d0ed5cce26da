namespace Pipeline.Ledger.Rounds;

/// <summary>How an update writes the values of selected coordinates; those of norms and head are always int8.</summary>
public enum ValueFormat
{
    Int8 = 0,

    /// <summary>−7 … 7, two in a byte.</summary>
    Int4 = 1,

    /// <summary>−1, 0, 1 (Wen et al. 2017, TernGrad), five in a byte.</summary>
    Ternary = 2,
}
