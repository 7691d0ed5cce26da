namespace Pipeline.Ledger.Rounds;

/// <summary>Whose presence differential privacy hides: what is sampled, clipped and counted as one.</summary>
public enum PrivacyUnit
{
    /// <summary>One image. Enough only where a patient has one.</summary>
    Image = 0,

    /// <summary>All images of one patient together.</summary>
    Patient = 1,
}
