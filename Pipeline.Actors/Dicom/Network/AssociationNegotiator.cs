using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>The acceptor's judgement of A-ASSOCIATE-RQ: who may come in, and what is spoken then (PS3.8 7.1.1, PS3.7 annex D).</summary>
internal sealed class AssociationNegotiator(DicomServerSettings settings, IInstanceSink sink, AssociationSlots slots, AssociationOrigin origin)
{
    /// <summary>Why nobody comes in, or null with a slot taken.</summary>
    public (Pdu.AssociateReject Reject, string Why)? Refuse(Pdu.AssociateRequest request, out DicomPeer? peer)
    {
        peer = settings.Peers.FirstOrDefault(known => known.AeTitle == request.CallingAe);
        if ((request.ProtocolVersion & 1) == 0)
            return Permanent(RejectSource.Acse, Reasons.ProtocolVersionNotSupported, "this node speaks version 1");
        if (request.ApplicationContext != PduReader.ApplicationContext)
            return Permanent(RejectSource.User, Reasons.ApplicationContextNotSupported, "the application context is not DICOM's (1.2.840.10008.3.1.1.1)");
        if (!sink.Recognizes(request.CalledAe))
        {
            return Permanent(RejectSource.User, Reasons.CalledAeNotRecognized,
                $"'{request.CalledAe}' is neither pipeline.dicom.ae-title nor a pipeline.chains.NAME.ae-title; mend it here or at the sender");
        }
        if (peer is null && !settings.AcceptUnknownPeers)
            return Permanent(RejectSource.User, Reasons.CallingAeNotRecognized, "no pipeline.dicom.peers.NAME has it, and pipeline.dicom.unknown-peers is reject");
        if (peer is not null && !peer.ComesFrom(origin.Address))
            return Permanent(RejectSource.User, Reasons.CallingAeNotRecognized, $"it called from {origin.Address}, which is not among its pipeline.dicom.peers.NAME.hosts");
        if (peer is { RequireTls: true } && !origin.Secure)
            return Permanent(RejectSource.User, Reasons.CallingAeNotRecognized, "it must come over TLS (pipeline.dicom.peers.NAME.tls)");
        if (peer is { CalledTitles.Count: > 0 } && !peer.CalledTitles.Contains(request.CalledAe))
            return Permanent(RejectSource.User, Reasons.CalledAeNotRecognized, $"'{request.CalledAe}' is not among its pipeline.dicom.peers.NAME.called");
        if (sink.Congested)
            return Transient(Reasons.TemporaryCongestion, "the disk has too little room");
        if (!slots.TryTake(peer))
        {
            return Transient(Reasons.LocalLimitExceeded, $"{settings.MaxAssociations} are open (pipeline.dicom.max-associations)"
                + (peer is { MaxAssociations: > 0 } ? $", or {peer.MaxAssociations} of this peer" : ""));
        }
        return null;
    }

    /// <param name="operations">How many operations may be outstanding.</param>
    public Pdu.AssociateAccept Accept(Pdu.AssociateRequest request, out int operations)
    {
        PresentationContextResult[] results = [.. request.Contexts.Select(context => Answer(context, request.CalledAe))];
        HashSet<string> accepted =
            [.. request.Contexts.Where((_, i) => results[i].Result == ContextResult.Acceptance).Select(context => context.AbstractSyntax)];
        AsynchronousOperations? window = null;
        operations = 1;
        if (request.Items.Window is { } proposed)
        {
            operations = proposed.Invoked == 0 ? settings.MaxOperations : Math.Min((int)proposed.Invoked, settings.MaxOperations);
            window = new AsynchronousOperations((ushort)operations, 1);
        }
        return new Pdu.AssociateAccept(request.CalledAe, request.CallingAe, results, settings.MaxPduLength)
        {
            Items = new UserItems
            {
                Window = window,
                // The requestor is the user of every service here, and never asked to be its provider.
                Roles = [.. request.Items.Roles.Where(role => accepted.Contains(role.SopClassUid)).Select(role => role with { Scp = false })],
                Extended = [.. request.Items.Extended.Where(extended => accepted.Contains(extended.SopClassUid) && SopClasses.IsStorage(extended.SopClassUid))
                    .Select(extended => new ExtendedNegotiation(extended.SopClassUid, StorageSupport))],
            },
        };
    }

    /// <summary>A class is refused where none of its contexts was accepted: the sender cannot send it, and says so at its end alone.</summary>
    /// <returns>Null where none is.</returns>
    public string? DescribeRefused(Pdu.AssociateRequest request, IReadOnlyList<PresentationContextResult> results)
    {
        (PresentationContext Proposed, ContextResult Result)[] refused =
        [
            .. request.Contexts.Zip(results, (context, answer) => (Proposed: context, answer.Result)).GroupBy(pair => pair.Proposed.AbstractSyntax)
                .Where(contexts => contexts.All(pair => pair.Result != ContextResult.Acceptance)).Select(contexts => contexts.First()),
        ];
        if (refused is not [(var first, var result), ..])
            return null;
        string why = result == ContextResult.TransferSyntaxesNotSupported
            ? $"{string.Join(", ", first.TransferSyntaxes.Take(3).Select(TransferSyntax.NameOf))} cannot be decoded; have it sent uncompressed"
            : sink.Stores(request.CalledAe) ? "this node stores images, nothing else"
            : $"no chain takes images under '{request.CalledAe}' (pipeline.chains.NAME.ae-title)";
        return $"Refused SOP class {first.AbstractSyntax}{(refused.Length == 1 ? "" : $" and {refused.Length - 1} more")} of '{request.CallingAe}': {why}.";
    }

    /// <summary>Level 0, local: what is stored is read for learning, not kept as an archive would; no signatures; nothing is coerced (PS3.4 B.3.1).</summary>
    private static readonly byte[] StorageSupport = [0, 0, 0, 0, 0, 0];

    private PresentationContextResult Answer(PresentationContext context, string called)
    {
        bool storage = SopClasses.IsStorage(context.AbstractSyntax);
        bool known = context.AbstractSyntax == SopClasses.Verification
            || ((storage || context.AbstractSyntax == SopClasses.StorageCommitment) && sink.Stores(called));
        if (!known)
            return new PresentationContextResult(context.Id, ContextResult.AbstractSyntaxNotSupported, TransferSyntax.ImplicitLittle.Uid);
        // Only syntaxes that ingest can decode are accepted; explicit VR is preferred, as it keeps private VRs.
        string? chosen = (storage ? settings.TransferSyntaxes : MessageSyntaxes).FirstOrDefault(context.TransferSyntaxes.Contains);
        return chosen is null
            ? new PresentationContextResult(context.Id, ContextResult.TransferSyntaxesNotSupported, TransferSyntax.ImplicitLittle.Uid)
            : new PresentationContextResult(context.Id, ContextResult.Acceptance, chosen);
    }

    /// <summary>Of Verification and storage commitment, whose data sets are ours to write.</summary>
    internal static IReadOnlyList<string> MessageSyntaxes { get; } = [TransferSyntax.ExplicitLittle.Uid, TransferSyntax.ImplicitLittle.Uid];

    private static (Pdu.AssociateReject, string) Permanent(RejectSource source, byte reason, string why) =>
        (new Pdu.AssociateReject(RejectResult.Permanent, source, reason), why);

    private static (Pdu.AssociateReject, string) Transient(byte reason, string why) =>
        (new Pdu.AssociateReject(RejectResult.Transient, RejectSource.Presentation, reason), why);
}
