namespace Pipeline.Actors.Ingest;

/// <summary>Keeps the pseudonyms of different things apart, so equal values of different kinds cannot be linked.</summary>
public enum PseudonymKind
{
    Patient = 1,
    Accession = 2,
    Instance = 3,
    Uid = 4,
    DateShift = 5,
    Series = 6,
}
