using System.Net.Sockets;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>The requestor's side (SCU) of an association: C-ECHO and C-STORE, one after the other. One caller at a time.</summary>
public sealed class DicomAssociation : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly AssociationSettings _settings;
    private readonly PduDecoder _decoder;
    private readonly byte[] _buffer = new byte[65536];
    private readonly Dictionary<string, (byte Id, TransferSyntax Syntax)> _contexts = [];
    private ReadOnlyMemory<byte> _input;
    private int _maxPduLength;
    private ushort _messageId;

    private DicomAssociation(Socket socket, AssociationSettings settings)
    {
        (_socket, _settings) = (socket, settings);
        _decoder = new PduDecoder(settings.MaxPduLength);
    }

    /// <summary>Connects and negotiates; explicit little endian is proposed first. No connection, a rejection or an abort is a fault.</summary>
    public static async Task<Outcome<DicomAssociation>> RequestAsync(AssociationSettings settings)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var association = new DicomAssociation(socket, settings);
        Fault? fault;
        try
        {
            using var limit = new CancellationTokenSource(settings.Timeout);
            await socket.ConnectAsync(settings.Host, settings.Port, limit.Token).ConfigureAwait(false);
            fault = await association.NegotiateAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            fault = new Fault($"{settings.Host}:{settings.Port} does not answer: {error.Message}");
        }
        if (fault is null)
            return association;
        socket.Dispose();
        return fault;
    }

    public Task<Outcome<DimseStatus>> EchoAsync() =>
        _contexts.TryGetValue(SopClasses.Verification, out (byte Id, TransferSyntax Syntax) context)
            ? ExchangeAsync(context.Id, DimseCommand.Echo(++_messageId), null)
            : Task.FromResult<Outcome<DimseStatus>>(new Fault("The peer did not accept Verification."));

    /// <summary>Sends one instance, its SOP class and instance UID taken from the data set.</summary>
    /// <exception cref="ArgumentException">The data set lacks one of them.</exception>
    public Task<Outcome<DimseStatus>> StoreAsync(DicomDataSet dataSet)
    {
        string sopClass = dataSet.Text(DicomTags.SopClassUid) ?? throw new ArgumentException("SOP Class UID (0008,0016) is missing.", nameof(dataSet));
        string instance = dataSet.Text(DicomTags.SopInstanceUid)
            ?? throw new ArgumentException("SOP Instance UID (0008,0018) is missing.", nameof(dataSet));
        return _contexts.TryGetValue(sopClass, out (byte Id, TransferSyntax Syntax) context)
            ? ExchangeAsync(context.Id, DimseCommand.Store(++_messageId, sopClass, instance), DicomWriter.WriteDataSet(dataSet, context.Syntax))
            : Task.FromResult<Outcome<DimseStatus>>(new Fault($"The peer did not accept SOP class {sopClass} with an uncompressed little endian syntax."));
    }

    /// <summary>A-RELEASE and its answer, then closes.</summary>
    public async Task ReleaseAsync()
    {
        try
        {
            await SendAsync(new Pdu.ReleaseRequest()).ConfigureAwait(false);
            await ReceiveAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Closed is closed.
        }
        _socket.Dispose();
    }

    /// <summary>A-ABORT, then closes.</summary>
    public async Task AbortAsync()
    {
        try
        {
            await SendAsync(new Pdu.Abort(AbortSource.User, 0)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Closed is closed.
        }
        _socket.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Fault?> NegotiateAsync()
    {
        string[] classes = [SopClasses.Verification, .. _settings.SopClasses.Distinct()];
        PresentationContext[] proposed =
        [
            .. classes.Select((uid, i) => new PresentationContext(
                (byte)(2 * i + 1), uid, [TransferSyntax.ExplicitLittle.Uid, TransferSyntax.ImplicitLittle.Uid])),
        ];
        await SendAsync(new Pdu.AssociateRequest(_settings.CalledAe, _settings.CallingAe, proposed, _settings.MaxPduLength)).ConfigureAwait(false);
        Outcome<Pdu> answer = await ReceiveAsync().ConfigureAwait(false);
        if (!answer.Ok)
            return answer.Fault;
        if (answer.Value is Pdu.AssociateReject reject)
            return new Fault($"The association was rejected ({(reject.Result == RejectResult.Transient ? "try again later" : "permanently")}): {Reasons.Describe(reject)}.");
        if (answer.Value is not Pdu.AssociateAccept accept)
            return new Fault($"The association was answered by {answer.Value.GetType().Name}.");
        _maxPduLength = accept.MaxLength == 0 ? _settings.MaxPduLength : Math.Clamp(accept.MaxLength, 1024, _settings.MaxPduLength);
        foreach (PresentationContextResult result in accept.Contexts)
        {
            if (result.Result == ContextResult.Acceptance && proposed.FirstOrDefault(p => p.Id == result.Id) is { } context)
                _contexts[context.AbstractSyntax] = (context.Id, TransferSyntax.Of(result.TransferSyntax));
        }
        return null;
    }

    private async Task<Outcome<DimseStatus>> ExchangeAsync(byte context, byte[] command, byte[]? dataSet)
    {
        try
        {
            await SendAsync(new Pdu.DataTransfer([new PresentationDataValue(context, Command: true, Last: true, command)])).ConfigureAwait(false);
            int chunk = _maxPduLength - 6;
            for (int at = 0; dataSet is not null && at < dataSet.Length; at += chunk)
            {
                int length = Math.Min(chunk, dataSet.Length - at);
                await SendAsync(new Pdu.DataTransfer(
                    [new PresentationDataValue(context, Command: false, Last: at + length == dataSet.Length, dataSet.AsMemory(at, length))])).ConfigureAwait(false);
            }
            return await AnswerAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return new Fault($"The association was lost: {error.Message}");
        }
    }

    private async Task<Outcome<DimseStatus>> AnswerAsync()
    {
        using var command = new MemoryStream();
        while (true)
        {
            Outcome<Pdu> pdu = await ReceiveAsync().ConfigureAwait(false);
            if (!pdu.Ok)
                return pdu.Fault;
            if (pdu.Value is not Pdu.DataTransfer data)
                return new Fault($"The peer answered by {pdu.Value.GetType().Name}.");
            foreach (PresentationDataValue value in data.Values)
            {
                command.Write(value.Data.Span);
                if (!value.Last)
                    continue;
                Outcome<DicomDataSet> response = DimseCommand.Decode(command.ToArray());
                if (!response.Ok)
                    return response.Fault;
                return response.Value.Int(DicomTags.Status) is { } status
                    ? new DimseStatus((ushort)status, response.Value.Text(DicomTags.ErrorComment))
                    : new Fault("A response without a status.");
            }
        }
    }

    private async Task SendAsync(Pdu pdu)
    {
        using var limit = new CancellationTokenSource(_settings.Timeout);
        ReadOnlyMemory<byte> bytes = PduWriter.Write(pdu);
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, limit.Token).ConfigureAwait(false)..];
    }

    private async Task<Outcome<Pdu>> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(_settings.Timeout);
        while (true)
        {
            if (_decoder.Next(ref _input) is { } frame)
                return new Outcome<Pdu>(frame.Pdu, frame.Fault);
            int count = await _socket.ReceiveAsync(_buffer.AsMemory(), limit.Token).ConfigureAwait(false);
            if (count == 0)
                return new Fault("The peer closed the connection.");
            _input = _buffer.AsMemory(0, count);
        }
    }
}
