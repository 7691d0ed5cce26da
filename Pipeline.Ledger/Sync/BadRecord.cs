namespace Pipeline.Ledger.Sync;

/// <summary>The first record of a journal that is not what was written.</summary>
/// <param name="Record">Counted from 1, in the order of writing; 0 when the file as a whole cannot be read.</param>
/// <param name="Height">The height the record belongs to.</param>
/// <param name="What">What is wrong with it.</param>
public sealed record BadRecord(long Record, long Height, string What);
