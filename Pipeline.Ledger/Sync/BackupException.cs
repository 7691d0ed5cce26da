namespace Pipeline.Ledger.Sync;

/// <summary>A backup cannot be made or restored; the message says why and what to do. What was there before is as it was.</summary>
public sealed class BackupException : IOException
{
    public BackupException(string message) : base(message) { }

    public BackupException(string message, Exception inner) : base(message, inner) { }

    public BackupException() { }
}
