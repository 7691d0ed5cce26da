namespace Pipeline.Ledger.Consensus;

/// <summary>A journal cannot be opened; the message says which, why, and what to do. Nothing was read or written.</summary>
public sealed class JournalUnavailableException : IOException
{
    public JournalUnavailableException(string message) : base(message) { }

    public JournalUnavailableException(string message, Exception inner) : base(message, inner) { }

    public JournalUnavailableException() { }
}
