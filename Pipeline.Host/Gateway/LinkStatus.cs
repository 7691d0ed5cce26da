namespace Pipeline.Host.Gateway;

/// <summary>One link at a moment.</summary>
/// <param name="Dialled">By us.</param>
/// <param name="Sent">Messages.</param>
/// <param name="Received">Messages that were handed on.</param>
/// <param name="Waiting">Messages in the queues.</param>
/// <param name="Dropped">Messages that a full queue or mailbox had no room for.</param>
/// <param name="Invalid">Messages that were not what a member may send.</param>
public sealed record LinkStatus(
    string Member, bool Dialled, string Endpoint, int Chains, DateTimeOffset Since, long Sent, long SentBytes, long Received, long ReceivedBytes, int Waiting,
    long Dropped, long Invalid)
{
    public override string ToString() =>
        $"{Member} ({(Dialled ? "to" : "from")} {Endpoint}): {Sent} messages of {SentBytes >> 10} KiB out, {Received} of {ReceivedBytes >> 10} KiB in, " +
        $"{Waiting} waiting, {Dropped} dropped, {Invalid} invalid";
}
