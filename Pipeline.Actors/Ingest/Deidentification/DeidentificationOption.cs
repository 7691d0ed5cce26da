namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>Options of the Basic Profile (PS3.15 E.3).</summary>
[Flags]
public enum DeidentificationOption
{
    None = 0,

    /// <summary>E.3.1: images that may hold text are taken only under a <see cref="PixelRule"/>, blackened where it says.</summary>
    CleanPixelData = 1,

    /// <summary>E.3.9.</summary>
    RetainUids = 2,

    /// <summary>E.3.8.</summary>
    RetainDeviceIdentity = 4,

    /// <summary>E.3.11.</summary>
    RetainInstitutionIdentity = 8,

    /// <summary>E.3.7.</summary>
    RetainPatientCharacteristics = 16,

    /// <summary>E.3.6, dates as they are.</summary>
    RetainFullDates = 32,

    /// <summary>E.3.6, dates moved by a number of days that is the patient's own.</summary>
    RetainModifiedDates = 64,

    /// <summary>E.3.10.</summary>
    RetainSafePrivate = 128,
}
