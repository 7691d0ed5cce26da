namespace Pipeline.Ledger.Sync;

/// <summary>One row of an Akka.Persistence.Sql journal.</summary>
internal sealed record JournalRow(string PersistenceId, long SequenceNumber, string Manifest, long Serializer, bool Deleted, byte[] Bytes);
