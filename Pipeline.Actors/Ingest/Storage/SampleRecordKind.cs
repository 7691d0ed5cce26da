namespace Pipeline.Actors.Ingest.Storage;

/// <summary>What a record says of the sample that it names.</summary>
internal enum SampleRecordKind : byte
{
    /// <summary>It is held from now on.</summary>
    Sample = 1,

    /// <summary>It is held no longer.</summary>
    Withdrawn = 2,

    /// <summary>It takes the place of the one held: another label, split or image.</summary>
    Amended = 3,
}
