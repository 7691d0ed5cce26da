namespace Pipeline.Host.Experiments;

/// <summary>What one arm gave for one seed: kept in the work folder, and all that is needed for every number of the result.</summary>
/// <param name="PayloadBytesPerRound">Mean over sites and rounds; 0 where nothing is sent.</param>
/// <param name="Curve">Macro-AUC of the model on everybody's test images.</param>
/// <param name="Models">One for all sites, or one for each.</param>
/// <param name="Notes">What was decided on the way, for instance by the bridge's gate.</param>
public sealed record ArmRun(
    string Task, string Arm, int Seed, int Rounds, int StepsPerSite, double PayloadBytesPerRound, IReadOnlyList<ArmRun.CurvePoint> Curve,
    IReadOnlyList<ArmRun.Model> Models, IReadOnlyList<ArmRun.Note> Notes)
{
    /// <summary>Bytes of all sites and kinds in one round of a real chain, measured by an arm of its own; NaN in the others.</summary>
    public double WireBytesPerRound { get; init; } = double.NaN;

    /// <summary>What of <see cref="WireBytesPerRound"/> carries payloads.</summary>
    public double WirePayloadBytesPerRound { get; init; } = double.NaN;

    /// <summary>Macro-AUC on everybody's validation images: the one number by which a policy may be chosen. NaN where not taken.</summary>
    public double ValidationAuc { get; init; } = double.NaN;

    /// <summary>The build that trained it; empty where an older one did not say.</summary>
    public string Version { get; init; } = "";

    public sealed record CurvePoint(int Round, double Auc);

    /// <param name="Site">Whose model it is; empty for everybody's.</param>
    /// <param name="Probabilities">On the test images of all sites, N × classes, row-major.</param>
    public sealed record Model(string Site, float[] Probabilities);

    /// <param name="Effect">Change of the held-out AUC that followed, or what the decision rested on.</param>
    public sealed record Note(string Site, string What, bool Accepted, double Effect);
}
