namespace Pipeline.Ledger.Payloads;

/// <summary>A payload does not fit into the store's quota; nothing was stored.</summary>
public sealed class PayloadQuotaException : IOException
{
    public PayloadQuotaException(string message) : base(message) { }

    public PayloadQuotaException(string message, Exception inner) : base(message, inner) { }

    public PayloadQuotaException() { }
}

/// <summary>A payload was deleted for good and must not come back.</summary>
public sealed class PayloadPrunedException : IOException
{
    public PayloadPrunedException(string message) : base(message) { }

    public PayloadPrunedException(string message, Exception inner) : base(message, inner) { }

    public PayloadPrunedException() { }
}
