using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// The acceptor's side of one association (PS3.8 9.2) and the DIMSE services on it, free of sockets and clocks: PDUs, answers of the store and
/// time-outs go in, effects come out.
/// </summary>
public sealed class AssociationAcceptor(DicomServerSettings settings, IInstanceSink sink, AssociationSlots slots, AssociationOrigin origin) : IDisposable
{
    private const int MaxCommandBytes = 65536;

    /// <summary>Of a data set that is no instance: 50,000 references of storage commitment.</summary>
    private const int MaxMessageBytes = 8 << 20;

    private readonly AssociationNegotiator _negotiator = new(settings, sink, slots, origin);
    private readonly List<AssociationEffect> _effects = [];
    private readonly Dictionary<byte, (string AbstractSyntax, string TransferSyntax)> _contexts = [];
    private readonly MemoryStream _command = new();
    private readonly MemoryStream _message = new();
    private State _state = State.AwaitRequest;
    private string _calling = "", _called = "";
    private DicomPeer? _peer;
    private bool _admitted, _releasing;
    private int _operations = 1, _outstanding, _peerMaxLength;
    private ushort _eventId;
    private PendingRequest? _request;
    private InstanceBuffer? _instance;

    private enum State
    {
        AwaitRequest,
        Established,
        AwaitClose,
    }

    /// <summary>The time-out that runs now.</summary>
    public AssociationTimer Timer => _state switch
    {
        State.AwaitRequest or State.AwaitClose => AssociationTimer.Artim,
        _ => _outstanding == 0 ? AssociationTimer.Idle : AssociationTimer.None,
    };

    /// <summary>Whether a PDU may come: not while as many stores are outstanding as were negotiated.</summary>
    public bool MayReceive => _state != State.Established || _outstanding < _operations;

    /// <summary>Whether it stands, or stood until a moment ago.</summary>
    public bool Admitted => _admitted;

    /// <summary>The AE title here that was called, once it is admitted: one of this node's own.</summary>
    public string CalledAe => _admitted ? _called : "";

    /// <summary>Whether its peer asked for its end.</summary>
    public bool Released => _releasing;

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
                Drop();
                Finish();
                break;
            case (State.AwaitRequest, Pdu.AssociateRequest request):
                Negotiate(request);
                break;
            case (State.Established, Pdu.DataTransfer data) when !_releasing:
                Take(data);
                break;
            case (State.Established, Pdu.ReleaseRequest) when !_releasing:
                _releasing = true;
                ReleaseWhenAnswered();
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
    public IReadOnlyList<AssociationEffect> Stored(PendingRequest request, DimseStatus status)
    {
        _effects.Clear();
        _outstanding--;
        if (_state != State.Established)
            return _effects;
        Respond(request, status);
        ReleaseWhenAnswered();
        return _effects;
    }

    /// <summary>The running time-out passed.</summary>
    public IReadOnlyList<AssociationEffect> TimedOut()
    {
        _effects.Clear();
        if (_state == State.Established)
        {
            Abort(Reasons.AbortNotSpecified, $"No PDU for {settings.IdleTimeout.TotalSeconds:F0} s.");
            Finish();
            return _effects;
        }
        if (_state == State.AwaitRequest)
            _effects.Add(new AssociationEffect.Note($"No A-ASSOCIATE-RQ within {settings.Artim.TotalSeconds:F0} s."));
        _state = State.AwaitClose;
        _effects.Add(new AssociationEffect.Close(AtOnce: true));
        return _effects;
    }

    /// <summary>Gives the slot back.</summary>
    public void Dispose()
    {
        if (_admitted)
            slots.Release(_peer);
        _admitted = false;
        _instance?.Dispose();
        _command.Dispose();
        _message.Dispose();
    }

    private void Negotiate(Pdu.AssociateRequest request)
    {
        (_called, _calling, _peerMaxLength) = (request.CalledAe, request.CallingAe, request.MaxLength);
        if (_negotiator.Refuse(request, out _peer) is var (reject, why))
        {
            _effects.Add(new AssociationEffect.Note($"Association of '{_calling}' rejected: {Reasons.Describe(reject)}: {why}."));
            Send(reject);
            _state = State.AwaitClose;
            return;
        }
        _admitted = true;
        Pdu.AssociateAccept accept = _negotiator.Accept(request, out _operations);
        foreach ((PresentationContext proposed, PresentationContextResult answer) in request.Contexts.Zip(accept.Contexts))
        {
            if (answer.Result == ContextResult.Acceptance)
                _contexts[proposed.Id] = (proposed.AbstractSyntax, answer.TransferSyntax);
        }
        Send(accept);
        if (_negotiator.DescribeRefused(request, accept.Contexts) is { } refused)
            _effects.Add(new AssociationEffect.Note(refused));
        _state = State.Established;
    }

    private void Take(Pdu.DataTransfer data)
    {
        foreach (PresentationDataValue value in data.Values)
        {
            if (_state != State.Established)
                return;
            if (_outstanding >= _operations)
                Abort(Reasons.AbortUnexpectedPdu, $"More than {_operations} operations outstanding.");
            else if (!_contexts.ContainsKey(value.ContextId))
                Abort(Reasons.AbortInvalidParameter, $"Presentation context {value.ContextId} was not accepted.");
            else if (value.Command)
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
        _request = new PendingRequest(value.ContextId, command.Value);
        if (command.Value.Int(DicomTags.CommandDataSetType) is null or DimseCommand.NoDataSet)
            Complete(_request, field);
        else if (field == DimseCommand.StoreRequest)
            _instance = new InstanceBuffer(settings.MaxInstanceBytes);
    }

    private void TakeData(PresentationDataValue value)
    {
        if (_request is null || value.ContextId != _request.ContextId)
        {
            Abort(Reasons.AbortUnexpectedPdu, "A data set without its command.");
            return;
        }
        if (_instance is not null)
        {
            TakeInstance(_request, _instance, value);
            return;
        }
        if (_message.Length + value.Data.Length > MaxMessageBytes)
        {
            Abort(Reasons.AbortInvalidParameter, $"A data set beyond {MaxMessageBytes >> 20} MiB that is no instance.");
            return;
        }
        _message.Write(value.Data.Span);
        if (value.Last)
            Complete(_request, _request.Command.Int(DicomTags.CommandField)!.Value);
    }

    private void TakeInstance(PendingRequest request, InstanceBuffer instance, PresentationDataValue value)
    {
        instance.Append(value.Data.Span, Append);
        if (instance is { Overflowed: true, Refusal: null })
            Refuse(instance, DimseStatus.OutOfResources($"Above this node's limit of {settings.MaxInstanceBytes} bytes an instance."));
        if (!instance.Judged && (instance.HasHead || value.Last) && instance.Refusal is null)
        {
            instance.Judged = true;
            if (Contradiction(request, instance) is { } contradiction)
                Refuse(instance, contradiction);
        }
        if (!value.Last)
            return;
        (_request, _instance) = (null, null);
        using (instance)
        {
            if (instance.Refusal is { } refusal)
            {
                Respond(request, refusal);
                return;
            }
            UInt128 content = instance.Finish(Append);
            (string sopClass, string syntax) = _contexts[request.ContextId];
            _outstanding++;
            _effects.Add(new AssociationEffect.Commit(
                new ReceivedInstance(
                    _calling, _called, sopClass, request.Command.Text(DicomTags.AffectedSopInstanceUid)!, syntax, instance.Length, content),
                request));
        }
    }

    /// <summary>What of command, context and data set does not fit together.</summary>
    private DimseStatus? Contradiction(PendingRequest request, InstanceBuffer instance)
    {
        string sopClass = request.Command.Text(DicomTags.AffectedSopClassUid) ?? "";
        string sopInstance = request.Command.Text(DicomTags.AffectedSopInstanceUid) ?? "";
        (string abstractSyntax, string uid) = _contexts[request.ContextId];
        TransferSyntax syntax = TransferSyntax.Of(uid);
        DicomDataSet head = DicomReader.ReadHead(instance.Head(syntax.Deflated), syntax with { Deflated = false }, new DicomTag(0x00080019));
        if (sopInstance.Length is 0 or > 64 || head.Text(DicomTags.SopInstanceUid) != sopInstance)
            return DimseStatus.CannotUnderstand("SOP Instance UID of command and data set differ, or unreadable.");
        return head.Text(DicomTags.SopClassUid) != sopClass || abstractSyntax != sopClass
            ? DimseStatus.DoesNotMatchSopClass("SOP Class UID of command, context and data set differ.")
            : null;
    }

    private void Refuse(InstanceBuffer instance, DimseStatus status)
    {
        instance.Refusal = status;
        _effects.Add(new AssociationEffect.Abandon());
        _effects.Add(new AssociationEffect.Note($"An instance of '{_calling}' was refused, nothing was kept: {status}"));
    }

    /// <summary>A request that is no instance, with its data set if it has one.</summary>
    private void Complete(PendingRequest request, int field)
    {
        byte[] message = _message.ToArray();
        _message.SetLength(0);
        _request = null;
        if ((field & DimseCommand.ResponseBit) != 0)
        {
            if (request.Command.Int(DicomTags.Status) is { } status and not 0)
                _effects.Add(new AssociationEffect.Note($"'{_calling}' answered the report of storage commitment with {status:X4}."));
        }
        else if (field == DimseCommand.EchoRequest)
            Respond(request, DimseStatus.Success);
        else if (field == DimseCommand.StoreRequest)
            Respond(request, DimseStatus.CannotUnderstand("C-STORE without a data set."));
        else if (field == DimseCommand.ActionRequest && _contexts[request.ContextId].AbstractSyntax == SopClasses.StorageCommitment)
            Commit(request, message);
        else
            Respond(request, DimseStatus.UnrecognizedOperation);
    }

    private void Commit(PendingRequest request, byte[] message)
    {
        TransferSyntax syntax = TransferSyntax.Of(_contexts[request.ContextId].TransferSyntax);
        if (request.Command.Int(CommandTags.ActionTypeId) is not 1)
        {
            Respond(request, DimseStatus.NoSuchAction);
            return;
        }
        Outcome<DicomDataSet> asked = DicomReader.ReadDataSet(message, syntax, new DicomReadLimits(MaxMessageBytes, MaxDepth: 8));
        Outcome<CommitmentReport> report = asked.Ok ? CommitmentReport.Of(asked.Value, _calling, sink.Holds) : asked.Fault;
        if (!report.Ok)
        {
            Respond(request, DimseStatus.InvalidArgument(report.Fault.Message));
            return;
        }
        Respond(request, DimseStatus.Success);
        _effects.Add(new AssociationEffect.Note(
            $"Storage commitment for '{_calling}': {report.Value.Held.Count} instances are held, {report.Value.Missing.Count} are not."));
        if (_peer is { ReportTo: not null } peer)
        {
            _effects.Add(new AssociationEffect.Report(report.Value, peer, _called));
            return;
        }
        byte[] command = DimseCommand.CommitmentEvent(++_eventId, report.Value.EventType);
        Send(new Pdu.DataTransfer([new PresentationDataValue(request.ContextId, Command: true, Last: true, command)]));
        byte[] dataSet = DicomWriter.WriteDataSet(report.Value.ToDataSet(), syntax);
        int most = PduWriter.FragmentLength(_peerMaxLength);
        for (int at = 0; at < dataSet.Length; at += most)
        {
            int length = Math.Min(most, dataSet.Length - at);
            Send(new Pdu.DataTransfer(
                [new PresentationDataValue(request.ContextId, Command: false, Last: at + length == dataSet.Length, dataSet.AsMemory(at, length))]));
        }
    }

    private void Append(byte[] buffer, int length) => _effects.Add(new AssociationEffect.Append(buffer, length));

    private void Respond(PendingRequest request, DimseStatus status) => Send(new Pdu.DataTransfer(
        [new PresentationDataValue(request.ContextId, Command: true, Last: true, DimseCommand.Respond(request.Command, status))]));

    private void ReleaseWhenAnswered()
    {
        if (!_releasing || _outstanding > 0)
            return;
        Drop();
        Send(new Pdu.ReleaseResponse());
        _state = State.AwaitClose;
    }

    /// <summary>An instance that has not come whole is not kept.</summary>
    private void Drop()
    {
        if (_instance is null)
            return;
        _effects.Add(new AssociationEffect.Abandon());
        _instance.Dispose();
        (_instance, _request) = (null, null);
    }

    private void Abort(byte reason, string note)
    {
        Drop();
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
