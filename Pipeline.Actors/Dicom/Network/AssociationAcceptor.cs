using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// The acceptor's side of one association (PS3.8 9.2) and the DIMSE services on it, free of sockets and clocks: PDUs, answers of the store and
/// time-outs go in, effects come out.
/// </summary>
public sealed class AssociationAcceptor(DicomServerSettings settings, IInstanceSink sink, Func<bool> withinLimit) : IDisposable
{
    private const int MaxCommandBytes = 65536;

    private readonly List<AssociationEffect> _effects = [];
    private readonly Dictionary<byte, (string AbstractSyntax, string TransferSyntax)> _contexts = [];
    private readonly MemoryStream _command = new();
    private State _state = State.AwaitRequest;
    private string _calling = "", _called = "";
    private byte _commandContext;
    private DicomDataSet? _request;
    private InstanceBuffer? _instance;

    private enum State
    {
        AwaitRequest,
        Established,
        Storing,
        AwaitClose,
    }

    /// <summary>The time-out that runs now.</summary>
    public AssociationTimer Timer => _state switch
    {
        State.AwaitRequest or State.AwaitClose => AssociationTimer.Artim,
        State.Established => AssociationTimer.Idle,
        _ => AssociationTimer.None,
    };

    /// <summary>A PDU came in. The effects are valid until the next call.</summary>
    public IReadOnlyList<AssociationEffect> Received(Pdu pdu)
    {
        _effects.Clear();
        switch (_state, pdu)
        {
            case (State.AwaitClose, _):
                break;
            case (_, Pdu.Abort):
                _effects.Add(new AssociationEffect.Note(_instance is null
                    ? "The peer aborted the association." : "The peer aborted the association inside an instance; that instance was not acknowledged."));
                Finish();
                break;
            case (State.AwaitRequest, Pdu.AssociateRequest request):
                Negotiate(request);
                break;
            case (State.Established, Pdu.DataTransfer data):
                Take(data);
                break;
            case (State.Established, Pdu.ReleaseRequest):
                Send(new Pdu.ReleaseResponse());
                _state = State.AwaitClose;
                break;
            default:
                Abort(Reasons.AbortUnexpectedPdu, $"Unexpected {pdu.GetType().Name} in state {_state}.");
                break;
        }
        return _effects;
    }

    /// <summary>The bytes on the wire are no upper layer, or break its limits: abort and close at once.</summary>
    public IReadOnlyList<AssociationEffect> Malformed(Fault fault)
    {
        _effects.Clear();
        byte reason = _state == State.AwaitRequest ? Reasons.AbortUnrecognizedPdu : Reasons.AbortInvalidParameter;
        if (_state != State.AwaitClose)
            Abort(reason, fault.ToString());
        Finish();
        return _effects;
    }

    /// <summary>The store answered.</summary>
    public IReadOnlyList<AssociationEffect> Stored(DimseStatus status)
    {
        _effects.Clear();
        Answer(status);
        _state = State.Established;
        return _effects;
    }

    /// <summary>The running time-out passed.</summary>
    public IReadOnlyList<AssociationEffect> TimedOut()
    {
        _effects.Clear();
        if (_state == State.Established)
            Abort(Reasons.AbortNotSpecified, $"No PDU for {settings.IdleTimeout.TotalSeconds:F0} s.");
        else if (_state == State.AwaitRequest)
            _effects.Add(new AssociationEffect.Note($"No A-ASSOCIATE-RQ within {settings.Artim.TotalSeconds:F0} s."));
        Finish();
        return _effects;
    }

    public void Dispose()
    {
        _instance?.Dispose();
        _command.Dispose();
    }

    private void Negotiate(Pdu.AssociateRequest request)
    {
        (_called, _calling) = (request.CalledAe, request.CallingAe);
        if ((request.ProtocolVersion & 1) == 0)
            Reject(RejectResult.Permanent, RejectSource.Acse, Reasons.ProtocolVersionNotSupported, "this node speaks version 1");
        else if (!sink.Recognizes(request.CalledAe))
        {
            Reject(RejectResult.Permanent, RejectSource.User, Reasons.CalledAeNotRecognized,
                $"'{request.CalledAe}' is neither pipeline.dicom.ae-title nor a pipeline.chains.NAME.ae-title; mend it here or at the sender");
        }
        else if (!withinLimit())
        {
            Reject(RejectResult.Transient, RejectSource.Presentation, Reasons.LocalLimitExceeded,
                $"{settings.MaxAssociations} are open (pipeline.dicom.max-associations)");
        }
        else if (sink.Congested)
            Reject(RejectResult.Transient, RejectSource.Presentation, Reasons.TemporaryCongestion, "the disk has too little room");
        else
        {
            PresentationContextResult[] results = [.. request.Contexts.Select(Answer)];
            Send(new Pdu.AssociateAccept(request.CalledAe, request.CallingAe, results, settings.MaxPduLength));
            NoteRefused(request.Contexts, results);
            _state = State.Established;
        }
    }

    /// <summary>A class is refused where none of its contexts was accepted: the sender cannot send it, and says so at its end alone.</summary>
    private void NoteRefused(IReadOnlyList<PresentationContext> proposed, PresentationContextResult[] results)
    {
        (PresentationContext Proposed, ContextResult Result)[] refused =
        [
            .. proposed.Zip(results, (context, answer) => (Proposed: context, answer.Result)).GroupBy(pair => pair.Proposed.AbstractSyntax)
                .Where(contexts => contexts.All(pair => pair.Result != ContextResult.Acceptance)).Select(contexts => contexts.First()),
        ];
        if (refused is not [(var first, var result), ..])
            return;
        string why = result == ContextResult.TransferSyntaxesNotSupported
            ? $"{string.Join(", ", first.TransferSyntaxes.Take(3).Select(TransferSyntax.NameOf))} cannot be decoded; have it sent uncompressed"
            : sink.Stores(_called) ? "this node stores images, nothing else" : $"no chain takes images under '{_called}' (pipeline.chains.NAME.ae-title)";
        _effects.Add(new AssociationEffect.Note(
            $"Refused SOP class {first.AbstractSyntax}{(refused.Length == 1 ? "" : $" and {refused.Length - 1} more")} of '{_calling}': {why}."));
    }

    /// <summary>Only syntaxes that ingest can decode are accepted; explicit VR is preferred, as it keeps private VRs.</summary>
    private PresentationContextResult Answer(PresentationContext context)
    {
        if (context.AbstractSyntax != SopClasses.Verification && !(SopClasses.IsStorage(context.AbstractSyntax) && sink.Stores(_called)))
            return new PresentationContextResult(context.Id, ContextResult.AbstractSyntaxNotSupported, TransferSyntax.ImplicitLittle.Uid);
        string? chosen = new[] { TransferSyntax.ExplicitLittle, TransferSyntax.ImplicitLittle, TransferSyntax.ExplicitBig }
            .Select(syntax => syntax.Uid).FirstOrDefault(context.TransferSyntaxes.Contains);
        if (chosen is null)
            return new PresentationContextResult(context.Id, ContextResult.TransferSyntaxesNotSupported, TransferSyntax.ImplicitLittle.Uid);
        _contexts[context.Id] = (context.AbstractSyntax, chosen);
        return new PresentationContextResult(context.Id, ContextResult.Acceptance, chosen);
    }

    private void Take(Pdu.DataTransfer data)
    {
        foreach (PresentationDataValue value in data.Values)
        {
            if (_state != State.Established)
            {
                Abort(Reasons.AbortUnexpectedPdu, "Data behind the end of a message before its answer.");
                return;
            }
            if (!_contexts.ContainsKey(value.ContextId))
            {
                Abort(Reasons.AbortInvalidParameter, $"Presentation context {value.ContextId} was not accepted.");
                return;
            }
            if (value.Command)
                TakeCommand(value);
            else
                TakeData(value);
        }
    }

    private void TakeCommand(PresentationDataValue value)
    {
        if (_request is not null || _command.Length + value.Data.Length > MaxCommandBytes)
        {
            Abort(Reasons.AbortInvalidParameter, _request is null ? "A command set beyond 64 KiB." : "A command inside a data set.");
            return;
        }
        _command.Write(value.Data.Span);
        if (!value.Last)
            return;
        Outcome<DicomDataSet> command = DimseCommand.Decode(_command.ToArray());
        _command.SetLength(0);
        if (!command.Ok || command.Value.Int(DicomTags.CommandField) is not { } field)
        {
            Abort(Reasons.AbortInvalidParameter, "A command set that cannot be read.");
            return;
        }
        if (field == DimseCommand.CancelRequest)
            return;
        (_request, _commandContext) = (command.Value, value.ContextId);
        if (command.Value.Int(DicomTags.CommandDataSetType) is null or DimseCommand.NoDataSet)
            Answer(field == DimseCommand.EchoRequest ? DimseStatus.Success : DimseStatus.UnrecognizedOperation);
        else
            _instance = new InstanceBuffer(field == DimseCommand.StoreRequest ? settings.MaxInstanceBytes : 0);
    }

    private void TakeData(PresentationDataValue value)
    {
        if (_request is null || _instance is null || value.ContextId != _commandContext)
        {
            Abort(Reasons.AbortUnexpectedPdu, "A data set without its command.");
            return;
        }
        _instance.Append(value.Data.Span);
        if (value.Last)
            Complete(_request, _instance);
    }

    private void Complete(DicomDataSet request, InstanceBuffer buffer)
    {
        if (request.Int(DicomTags.CommandField) != DimseCommand.StoreRequest)
        {
            Answer(DimseStatus.UnrecognizedOperation);
            return;
        }
        if (buffer.Overflowed)
        {
            Refuse(DimseStatus.OutOfResources($"Above this node's limit of {settings.MaxInstanceBytes} bytes an instance."));
            return;
        }
        string sopClass = request.Text(DicomTags.AffectedSopClassUid) ?? "", sopInstance = request.Text(DicomTags.AffectedSopInstanceUid) ?? "";
        string syntax = _contexts[_commandContext].TransferSyntax;
        DicomDataSet head = DicomReader.ReadHead(buffer.Head, TransferSyntax.Of(syntax), new DicomTag(0x00080019));
        if (sopInstance.Length is 0 or > 64 || head.Text(DicomTags.SopInstanceUid) != sopInstance)
        {
            Refuse(DimseStatus.CannotUnderstand("SOP Instance UID of command and data set differ, or unreadable."));
            return;
        }
        if (head.Text(DicomTags.SopClassUid) != sopClass || _contexts[_commandContext].AbstractSyntax != sopClass)
        {
            Refuse(DimseStatus.DoesNotMatchSopClass("SOP Class UID of command, context and data set differ."));
            return;
        }
        (IReadOnlyList<ReadOnlyMemory<byte>> blocks, byte[] sha256) = buffer.Finish();
        _effects.Add(new AssociationEffect.Store(
            new ReceivedInstance(_calling, _called, sopClass, sopInstance, syntax, blocks, buffer.Length, sha256)));
        _state = State.Storing;
    }

    private void Refuse(DimseStatus status)
    {
        _effects.Add(new AssociationEffect.Note($"An instance of '{_calling}' was refused, nothing was kept: {status}"));
        Answer(status);
    }

    private void Answer(DimseStatus status)
    {
        byte[] command = DimseCommand.Respond(_request!, status);
        Send(new Pdu.DataTransfer([new PresentationDataValue(_commandContext, Command: true, Last: true, command)]));
        _instance?.Dispose();
        (_request, _instance) = (null, null);
    }

    private void Reject(RejectResult result, RejectSource source, byte reason, string why)
    {
        var reject = new Pdu.AssociateReject(result, source, reason);
        _effects.Add(new AssociationEffect.Note($"Association of '{_calling}' rejected: {Reasons.Describe(reject)}: {why}."));
        Send(reject);
        _state = State.AwaitClose;
    }

    private void Abort(byte reason, string note)
    {
        _effects.Add(new AssociationEffect.Note($"Association aborted: {note}"));
        Send(new Pdu.Abort(AbortSource.Provider, reason));
        _state = State.AwaitClose;
    }

    private void Finish()
    {
        _effects.Add(new AssociationEffect.Close());
        _state = State.AwaitClose;
    }

    private void Send(Pdu pdu) => _effects.Add(new AssociationEffect.Send(pdu));
}
