using System.Collections.Frozen;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>The options as people write them, and the codes that name them in a data set (PS3.16 CID 7050).</summary>
public static class DeidentificationOptions
{
    /// <summary>DCM code of the profile itself.</summary>
    public const string BasicProfileCode = "113100";

    private static readonly (DeidentificationOption Option, string Name, string Code, string Meaning)[] All =
    [
        (DeidentificationOption.CleanPixelData, "clean-pixel-data", "113101", "Clean Pixel Data Option"),
        (DeidentificationOption.RetainUids, "retain-uids", "113110", "Retain UIDs Option"),
        (DeidentificationOption.RetainDeviceIdentity, "retain-device-identity", "113109", "Retain Device Identity Option"),
        (DeidentificationOption.RetainInstitutionIdentity, "retain-institution-identity", "113112", "Retain Institution Identity Option"),
        (DeidentificationOption.RetainPatientCharacteristics, "retain-patient-characteristics", "113108", "Retain Patient Characteristics Option"),
        (DeidentificationOption.RetainFullDates, "retain-full-dates", "113106", "Retain Longitudinal Temporal Information Full Dates Option"),
        (DeidentificationOption.RetainModifiedDates, "retain-modified-dates", "113107",
            "Retain Longitudinal Temporal Information Modified Dates Option"),
        (DeidentificationOption.RetainSafePrivate, "retain-safe-private", "113111", "Retain Safe Private Option"),
    ];

    private static readonly FrozenDictionary<string, DeidentificationOption> ByName = All.ToFrozenDictionary(o => o.Name, o => o.Option);

    /// <summary>Every option's name.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(o => o.Name)];

    /// <summary>Null when no option is called so.</summary>
    public static DeidentificationOption? Parse(string name) => ByName.TryGetValue(name, out DeidentificationOption option) ? option : null;

    /// <summary>Code value and meaning of each option that is set.</summary>
    public static IEnumerable<(string Code, string Meaning)> CodesOf(DeidentificationOption options) =>
        All.Where(o => options.HasFlag(o.Option)).Select(o => (o.Code, o.Meaning));
}
