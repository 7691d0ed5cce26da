using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// The requestor's side (SCU) of an association: C-ECHO, C-STORE and storage commitment. Calls may overlap; as many operations are outstanding at once as
/// were negotiated, the others wait.
/// </summary>
public sealed class DicomAssociation : IAsyncDisposable
{
    private readonly DicomConnection _connection;
    private readonly AssociationSettings _settings;
    private readonly PduDecoder _decoder;
    private readonly byte[] _buffer = new byte[65536];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<Outcome<DicomDataSet>>> _pending = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<CommitmentReport> _reports = Channel.CreateBounded<CommitmentReport>(64);
    private SemaphoreSlim _operations = new(1, 1);
    private ReadOnlyMemory<byte> _input;
    private int _fragment, _lastMessageId;
    private Fault? _ended;

    private DicomAssociation(DicomConnection connection, AssociationSettings settings)
    {
        (_connection, _settings) = (connection, settings);
        _decoder = new PduDecoder(settings.MaxPduLength);
    }

    /// <summary>What was agreed.</summary>
    public IReadOnlyList<AcceptedContext> Contexts { get; private set; } = [];

    /// <summary>Operations that may be outstanding.</summary>
    public int Operations { get; private set; } = 1;

    /// <summary>What the peer reports of storage commitment on this association.</summary>
    public ChannelReader<CommitmentReport> Reports => _reports.Reader;

    /// <summary>Connects and negotiates; explicit little endian is proposed first. No connection, a rejection or an abort is a fault.</summary>
    public static async Task<Outcome<DicomAssociation>> RequestAsync(AssociationSettings settings)
    {
        using var limit = new CancellationTokenSource(settings.Timeout);
        Outcome<DicomConnection> connection =
            await DicomConnection.OpenAsync(settings.Host, settings.Port, settings.Tls, limit.Token).ConfigureAwait(false);
        if (!connection.Ok)
            return connection.Fault;
        var association = new DicomAssociation(connection.Value, settings);
        Fault? fault;
        try
        {
            fault = await association.NegotiateAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (DicomConnection.IsLost(error))
        {
            fault = Lost(error);
        }
        if (fault is null)
        {
            _ = association.ReceiveAllAsync();
            return association;
        }
        connection.Value.Dispose();
        return fault;
    }

    public async Task<Outcome<DimseStatus>> EchoAsync()
    {
        if (Find(SopClasses.Verification, _ => true) is not { } context)
            return new Fault("The peer did not accept Verification.");
        return Status(await ExchangeAsync(context.Id, DimseCommand.Echo, null).ConfigureAwait(false));
    }

    /// <summary>Sends one instance uncompressed, its SOP class and instance UID taken from the data set.</summary>
    /// <exception cref="ArgumentException">The data set lacks one of them.</exception>
    public async Task<Outcome<DimseStatus>> StoreAsync(DicomDataSet dataSet)
    {
        string sopClass = dataSet.Text(DicomTags.SopClassUid) ?? throw new ArgumentException("SOP Class UID (0008,0016) is missing.", nameof(dataSet));
        string instance = dataSet.Text(DicomTags.SopInstanceUid)
            ?? throw new ArgumentException("SOP Instance UID (0008,0018) is missing.", nameof(dataSet));
        if (Find(sopClass, uid => AssociationNegotiator.MessageSyntaxes.Contains(uid)) is not { } context)
            return new Fault($"The peer did not accept SOP class {sopClass} with an uncompressed little endian syntax.");
        byte[] bytes = DicomWriter.WriteDataSet(dataSet, TransferSyntax.Of(context.TransferSyntax));
        return Status(await ExchangeAsync(
            context.Id, id => DimseCommand.Store(id, sopClass, instance), () => new MemoryStream(bytes)).ConfigureAwait(false));
    }

    /// <summary>Sends one instance in the transfer syntax that it has.</summary>
    public async Task<Outcome<DimseStatus>> StoreAsync(OutgoingInstance instance)
    {
        if (Find(instance.SopClassUid, uid => uid == instance.TransferSyntaxUid) is not { } context)
        {
            return new Fault(
                $"The peer did not accept SOP class {instance.SopClassUid} in {TransferSyntax.NameOf(instance.TransferSyntaxUid)}.");
        }
        return Status(await ExchangeAsync(
            context.Id, id => DimseCommand.Store(id, instance.SopClassUid, instance.SopInstanceUid), instance.Open).ConfigureAwait(false));
    }

    /// <summary>Asks for storage commitment; the report comes on <see cref="Reports"/>, or on an association of the peer's own.</summary>
    public async Task<Outcome<DimseStatus>> RequestCommitmentAsync(string transactionUid, IReadOnlyList<SopReference> references)
    {
        if (Find(SopClasses.StorageCommitment, _ => true) is not { } context)
            return new Fault("The peer did not accept storage commitment.");
        byte[] request = DicomWriter.WriteDataSet(CommitmentReport.Request(transactionUid, references), TransferSyntax.Of(context.TransferSyntax));
        return Status(await ExchangeAsync(context.Id, DimseCommand.CommitmentAction, () => new MemoryStream(request)).ConfigureAwait(false));
    }

    /// <summary>Reports storage commitment to the peer that asked for it.</summary>
    public async Task<Outcome<DimseStatus>> ReportCommitmentAsync(CommitmentReport report)
    {
        if (Find(SopClasses.StorageCommitment, _ => true) is not { } context)
            return new Fault("The peer did not accept storage commitment.");
        byte[] dataSet = DicomWriter.WriteDataSet(report.ToDataSet(), TransferSyntax.Of(context.TransferSyntax));
        return Status(await ExchangeAsync(
            context.Id, id => DimseCommand.CommitmentEvent(id, report.EventType), () => new MemoryStream(dataSet)).ConfigureAwait(false));
    }

    /// <summary>A-RELEASE and its answer, then closes.</summary>
    public async Task ReleaseAsync()
    {
        try
        {
            await SendAsync(new Pdu.ReleaseRequest()).ConfigureAwait(false);
            await _released.Task.WaitAsync(_settings.Timeout).ConfigureAwait(false);
        }
        catch (Exception error) when (DicomConnection.IsLost(error) || error is TimeoutException)
        {
            // Closed is closed.
        }
        _connection.Close();
    }

    /// <summary>A-ABORT, then closes.</summary>
    public async Task AbortAsync()
    {
        try
        {
            await SendAsync(new Pdu.Abort(AbortSource.User, 0)).ConfigureAwait(false);
        }
        catch (Exception error) when (DicomConnection.IsLost(error))
        {
            // Closed is closed.
        }
        _connection.Close();
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Fault Lost(Exception error) => new(error is OperationCanceledException
        ? "The peer did not answer in time." : $"The association was lost: {(error.InnerException ?? error).Message}");

    private static Outcome<DimseStatus> Status(Outcome<DicomDataSet> response)
    {
        if (!response.Ok)
            return response.Fault;
        return response.Value.Int(DicomTags.Status) is { } status
            ? new DimseStatus((ushort)status, response.Value.Text(DicomTags.ErrorComment))
            : new Fault("A response without a status.");
    }

    private AcceptedContext? Find(string abstractSyntax, Func<string, bool> transferSyntax)
    {
        foreach (AcceptedContext context in Contexts)
        {
            if (context.AbstractSyntax == abstractSyntax && transferSyntax(context.TransferSyntax))
                return context;
        }
        return null;
    }

    private async Task<Fault?> NegotiateAsync(CancellationToken limit)
    {
        PresentationContext[] proposed =
        [
            .. ((string[])[SopClasses.Verification, .. _settings.SopClasses.Distinct()])
                .Select(uid => (AbstractSyntax: uid, TransferSyntaxes: AssociationNegotiator.MessageSyntaxes))
                .Concat(_settings.Proposals)
                .Select((proposal, i) => new PresentationContext((byte)(2 * i + 1), proposal.AbstractSyntax, proposal.TransferSyntaxes)),
        ];
        ushort window = (ushort)_settings.MaxOperations;
        await SendAsync(new Pdu.AssociateRequest(_settings.CalledAe, _settings.CallingAe, proposed, _settings.MaxPduLength)
        {
            Items = new UserItems { Window = window == 1 ? null : new AsynchronousOperations(window, 1), Roles = _settings.Roles },
        }).ConfigureAwait(false);
        Outcome<Pdu> answer = await ReceiveAsync(limit).ConfigureAwait(false);
        if (!answer.Ok)
            return answer.Fault;
        if (answer.Value is Pdu.AssociateReject reject)
            return new Fault($"The association was rejected ({(reject.Result == RejectResult.Transient ? "try again later" : "permanently")}): {Reasons.Describe(reject)}.");
        if (answer.Value is not Pdu.AssociateAccept accept)
            return new Fault($"The association was answered by {answer.Value.GetType().Name}.");
        _fragment = Math.Min(PduWriter.FragmentLength(accept.MaxLength), PduWriter.FragmentLength(_settings.MaxPduLength));
        Contexts =
        [
            .. accept.Contexts.Where(result => result.Result == ContextResult.Acceptance)
                .Join(proposed, result => result.Id, context => context.Id, (result, context) =>
                    new AcceptedContext(context.Id, context.AbstractSyntax, result.TransferSyntax)),
        ];
        if (window != 1 && accept.Items.Window is { } agreed)
            Operations = agreed.Invoked == 0 ? window : Math.Min(agreed.Invoked, window);
        _operations = new SemaphoreSlim(Operations, Operations);
        return null;
    }

    private async Task<Outcome<DicomDataSet>> ExchangeAsync(byte context, Func<ushort, byte[]> command, Func<Stream>? dataSet)
    {
        await _operations.WaitAsync().ConfigureAwait(false);
        ushort id = (ushort)Interlocked.Increment(ref _lastMessageId);
        var answer = new TaskCompletionSource<Outcome<DicomDataSet>>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _pending[id] = answer;
            if (Volatile.Read(ref _ended) is { } ended)
                return ended;
            await SendAsync(context, command(id), dataSet).ConfigureAwait(false);
            return await answer.Task.WaitAsync(_settings.Timeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new Fault($"No answer within {_settings.Timeout.TotalSeconds:F0} s.");
        }
        catch (Exception error) when (DicomConnection.IsLost(error))
        {
            // What the peer said before it went tells more than the broken connection.
            return answer.Task.IsCompletedSuccessfully ? answer.Task.Result : Lost(error);
        }
        finally
        {
            _pending.TryRemove(id, out _);
            _operations.Release();
        }
    }

    private async Task SendAsync(byte context, byte[] command, Func<Stream>? open)
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            await WriteAsync(PduWriter.Write(new Pdu.DataTransfer([new PresentationDataValue(context, Command: true, Last: true, command)])))
                .ConfigureAwait(false);
            if (open is null)
                return;
            using Stream dataSet = open();
            await SendFragmentsAsync(context, dataSet).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task SendFragmentsAsync(byte context, Stream dataSet)
    {
        byte[] pdu = ArrayPool<byte>.Shared.Rent(PduWriter.DataHeaderLength + _fragment);
        byte[] ahead = ArrayPool<byte>.Shared.Rent(PduWriter.DataHeaderLength + _fragment);
        try
        {
            int length = await ReadAsync(dataSet, pdu).ConfigureAwait(false);
            for (bool last = false; !last;)
            {
                // The fragment behind this one tells whether this one is the last.
                int next = length < _fragment ? 0 : await ReadAsync(dataSet, ahead).ConfigureAwait(false);
                last = next == 0;
                PduWriter.WriteDataHeader(pdu, context, command: false, last, length);
                await WriteAsync(pdu.AsMemory(0, PduWriter.DataHeaderLength + length)).ConfigureAwait(false);
                (pdu, ahead, length) = (ahead, pdu, next);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pdu);
            ArrayPool<byte>.Shared.Return(ahead);
        }
    }

    private ValueTask<int> ReadAsync(Stream dataSet, byte[] pdu) =>
        dataSet.ReadAtLeastAsync(pdu.AsMemory(PduWriter.DataHeaderLength, _fragment), _fragment, throwOnEndOfStream: false);

    private async Task SendAsync(Pdu pdu)
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            await WriteAsync(PduWriter.Write(pdu)).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(_settings.Timeout);
        await _connection.Stream.WriteAsync(bytes, limit.Token).ConfigureAwait(false);
    }

    private async Task ReceiveAllAsync()
    {
        Fault ended;
        var messages = new MessageAssembler();
        try
        {
            ended = await ReceiveAllAsync(messages).ConfigureAwait(false);
        }
        catch (Exception error) when (DicomConnection.IsLost(error))
        {
            ended = Lost(error);
        }
        Volatile.Write(ref _ended, ended);
        foreach (TaskCompletionSource<Outcome<DicomDataSet>> waiting in _pending.Values)
            waiting.TrySetResult(ended);
        _released.TrySetResult();
        _reports.Writer.TryComplete();
    }

    private async Task<Fault> ReceiveAllAsync(MessageAssembler messages)
    {
        while (true)
        {
            Outcome<Pdu> pdu = await ReceiveAsync(CancellationToken.None).ConfigureAwait(false);
            if (!pdu.Ok)
                return pdu.Fault;
            switch (pdu.Value)
            {
                case Pdu.DataTransfer data:
                    foreach (PresentationDataValue value in data.Values)
                    {
                        Outcome<DimseMessage>? message = messages.Add(value);
                        if (message is { Ok: false, Fault: var fault })
                            return fault;
                        if (message is { Value: { } whole })
                            await TakeAsync(whole).ConfigureAwait(false);
                    }
                    break;
                case Pdu.ReleaseResponse:
                    return new Fault("The association is released.");
                case Pdu.ReleaseRequest:
                    // Both ends released at once: the requestor answers first and then waits for its own answer (PS3.8 9.2.3, state 9).
                    await SendAsync(new Pdu.ReleaseResponse()).ConfigureAwait(false);
                    break;
                case Pdu.Abort abort:
                    return new Fault($"The peer aborted the association (source {(int)abort.Source}, reason {abort.Reason}).");
                default:
                    return new Fault($"The peer answered by {pdu.Value.GetType().Name}.");
            }
        }
    }

    private async Task TakeAsync(DimseMessage message)
    {
        int field = message.Command.Int(DicomTags.CommandField) ?? 0;
        if ((field & DimseCommand.ResponseBit) != 0)
        {
            if (message.Command.Int(DicomTags.MessageIdBeingRespondedTo) is { } id && _pending.TryGetValue((ushort)id, out var waiting))
                waiting.TrySetResult(message.Command);
            return;
        }
        DimseStatus status = DimseStatus.UnrecognizedOperation;
        if (field == DimseCommand.EventReportRequest && message.DataSet is { } bytes)
        {
            string? syntax = Contexts.Where(context => context.Id == message.ContextId).Select(context => context.TransferSyntax).FirstOrDefault();
            Outcome<DicomDataSet> reported = DicomReader.ReadDataSet(bytes, TransferSyntax.Of(syntax ?? TransferSyntax.ImplicitLittle.Uid));
            status = reported.Ok && CommitmentReport.Read(reported.Value) is { } report && _reports.Writer.TryWrite(report)
                ? DimseStatus.Success : DimseStatus.ProcessingFailure("The report cannot be read.");
        }
        await SendAsync(message.ContextId, DimseCommand.Respond(message.Command, status), null).ConfigureAwait(false);
    }

    private async Task<Outcome<Pdu>> ReceiveAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (_decoder.Next(ref _input) is { } frame)
                return new Outcome<Pdu>(frame.Pdu, frame.Fault);
            int count = await _connection.Stream.ReadAsync(_buffer.AsMemory(), cancellation).ConfigureAwait(false);
            if (count == 0)
                return new Fault("The peer closed the connection.");
            _input = _buffer.AsMemory(0, count);
        }
    }
}
