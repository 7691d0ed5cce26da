namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>What happens to an attribute (PS3.15 table E.1-1a).</summary>
public enum ProfileAction
{
    /// <summary>K: unchanged; the items of a sequence are cleaned.</summary>
    Keep,

    /// <summary>X.</summary>
    Remove,

    /// <summary>Z: no value, or a dummy one.</summary>
    Empty,

    /// <summary>D: a value that says nothing and that the VR allows.</summary>
    Dummy,

    /// <summary>U: the site's own UID for it, the same wherever it occurs.</summary>
    Uid,

    /// <summary>C of a date or time: moved by the patient's own number of days.</summary>
    ShiftDate,
}
