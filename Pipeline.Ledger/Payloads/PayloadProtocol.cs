using System.Diagnostics;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>
/// What the rest of a site says to a chain's payload exchange. Local messages; the bytes between institutions are canonical and travel
/// on the payload lane.
/// </summary>
public static class PayloadProtocol
{
    /// <summary>
    /// Stores the payload, announces it to every member and collects store acks until n−f (the own one included). Answered by
    /// <see cref="Published"/> or <see cref="PublishFailed"/>.
    /// </summary>
    /// <param name="Kind">Selects the chain's deterministic checks at every holder (see <see cref="IPayloadChecks"/>).</param>
    public sealed record Publish(int Kind, byte[] Payload)
    {
        /// <summary>Of the span that it is published in; the default for none.</summary>
        public ActivityContext Trace { get; init; }
    }

    public sealed record Published(Digest Payload, IReadOnlyList<StoreAck> Acks);

    public sealed record PublishFailed(Digest Payload, string Reason);

    /// <summary>
    /// The payload is of no more use to its author: members that have not acknowledged it are not asked again, and who still waits for it is not
    /// answered. Who holds it keeps it. No answer.
    /// </summary>
    public sealed record Withdraw(Digest Payload);

    /// <summary>Answers at once when the payload is held, else fetches it from any member. Answered by <see cref="Fetched"/> or <see cref="FetchFailed"/>.</summary>
    public sealed record Fetch(Digest Payload);

    /// <summary>
    /// Whoever follows the chain may have this payload, members or not: the content of a snapshot, by which a joiner comes to where the chain is. The last
    /// few count. No answer.
    /// </summary>
    public sealed record Share(Digest Payload);

    public sealed record Fetched(Digest Payload, byte[] Bytes);

    public sealed record FetchFailed(Digest Payload, string Reason);
}

/// <summary>The deterministic checks a member's ack attests; supplied by the chain's application. Called on the exchange's thread.</summary>
public interface IPayloadChecks
{
    /// <summary>No payload of this kind may be larger (bytes); checked before anything is fetched.</summary>
    long MaxBytes(int kind);

    /// <summary>Null when the payload passes; otherwise what is wrong with it.</summary>
    string? Check(int kind, ReadOnlyMemory<byte> payload);
}
