namespace Pipeline.Actors.Ingest.Labels;

/// <summary>What a look at a chain's label source brought.</summary>
/// <param name="Problems">What a person has to mend, where that changed; empty when all is well again, null when nothing changed.</param>
/// <param name="Promoted">Waiting samples that got a label.</param>
/// <param name="Relabelled">Samples whose label or split changed.</param>
/// <param name="Demoted">Samples whose label was withdrawn; they wait again.</param>
internal sealed record LabelReport(IReadOnlyList<string>? Problems, int Promoted, int Relabelled, int Demoted);
