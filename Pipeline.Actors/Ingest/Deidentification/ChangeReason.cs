namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>Which rule changed an attribute.</summary>
public enum ChangeReason
{
    /// <summary>Table E.1-1 names it.</summary>
    Table,

    /// <summary>It is private and not known to be safe.</summary>
    Private,

    /// <summary>Names, free text, dates, addresses, unknown or opaque bytes that the table does not name.</summary>
    ValueRepresentation,

    /// <summary>It repeats a name or number that identifies the patient elsewhere in the data set.</summary>
    Identity,
}
