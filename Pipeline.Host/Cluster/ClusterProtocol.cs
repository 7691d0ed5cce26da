using Akka.Streams;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Cluster;

/// <summary>
/// What the nodes of a site say to one another beside Akka.Cluster's own messages. Whatever is large crosses as a stream of pieces (<see cref="Bulk"/>), never
/// inside a message. Any message may be lost: whoever waits repeats itself.
/// </summary>
public static class ClusterProtocol
{
    /// <summary>Bound to <see cref="ClusterSerializer"/>; nothing else crosses nodes.</summary>
    public interface IMessage;

    /// <summary>A training node asks a node that takes images for its samples. Answered by <see cref="Feed"/> or <see cref="NoFeed"/>.</summary>
    /// <param name="Writing">Of the file that was copied so far; empty for none.</param>
    /// <param name="Position">How far it was copied (bytes).</param>
    public sealed record AskFeed(string Chain, Guid Writing, long Position) : IMessage;

    /// <summary>See <see cref="Actors.Ingest.Mirrors.SampleMirrors"/>.</summary>
    public sealed record Feed(string Chain, ISourceRef<byte[]> Pieces) : IMessage;

    public sealed record NoFeed(string Chain, string Reason) : IMessage;

    /// <summary>The node that trains asks another training node to compute parts of its steps. Answered by <see cref="Helping"/> or <see cref="NoHelp"/>.</summary>
    /// <param name="Link">Drawn anew for each ask.</param>
    /// <param name="Version">Of <see cref="GradientWire"/>.</param>
    /// <param name="Layout">Of the chain's network.</param>
    /// <param name="Work">Frames of <see cref="GradientWire"/> for as long as the link lasts.</param>
    public sealed record AskHelp(string Chain, Guid Link, int Version, Digest Layout, ISourceRef<byte[]> Work) : IMessage;

    /// <param name="Parts">Frames again, one for each work, in order.</param>
    public sealed record Helping(Guid Link, ISourceRef<byte[]> Parts) : IMessage;

    public sealed record NoHelp(Guid Link, string Reason) : IMessage;

    /// <summary>The node that holds the ledger tells the training node, every so often, what it waits for. Answered by <see cref="Here"/>.</summary>
    /// <param name="Link">Drawn anew whenever the ledger begins on a node.</param>
    /// <param name="Errand">The one waited for; 0 for none.</param>
    public sealed record Hail(Guid Link, long Errand) : IMessage;

    /// <param name="Known">Whether the errand is in work or done here; otherwise it has to be sent again.</param>
    public sealed record Here(Guid Link, long Errand, bool Known) : IMessage;

    /// <summary>Something for the training actor to do: a command of its protocol (see <see cref="TrainingWire"/>). One at a time.</summary>
    /// <param name="Errand">Counts from 1 within a link.</param>
    /// <param name="Length">Of the command (bytes).</param>
    public sealed record Errand(Guid Link, long Number, long Length, ISourceRef<byte[]> Pieces) : IMessage;

    /// <summary>What came of it: a reply of the protocol, or a byte for a command that has none.</summary>
    /// <param name="Length">Of the reply (bytes).</param>
    public sealed record Answer(Guid Link, long Number, long Length, ISourceRef<byte[]> Pieces) : IMessage;
}
