using System.Net;
using System.Net.Sockets;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Tests.Host.Site;

/// <summary>A peer that says what it likes, PDU by PDU and byte by byte.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly PduDecoder _decoder = new(131072);
    private readonly byte[] _buffer = new byte[65536];
    private ReadOnlyMemory<byte> _input;

    /// <summary>Connects and proposes one context, id 1.</summary>
    public static async Task<(RawPeer Peer, Pdu Answer)> AssociateAsync(int port, string title, string sopClass, params string[] transferSyntaxes)
    {
        var peer = new RawPeer();
        await peer._socket.ConnectAsync(IPAddress.Loopback, port);
        await peer.SendAsync(new Pdu.AssociateRequest(title, "RAW-PEER", [new PresentationContext(1, sopClass, transferSyntaxes)], 16384));
        return (peer, await peer.ReceiveAsync());
    }

    public Task SendAsync(Pdu pdu) => SendAsync(PduWriter.Write(pdu));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes)..];
    }

    /// <summary>C-STORE with any bytes for a data set.</summary>
    /// <returns>The status of the answer.</returns>
    public async Task<DimseStatus> StoreAsync(string sopClass, string sopInstance, ReadOnlyMemory<byte> dataSet)
    {
        await SendAsync(new Pdu.DataTransfer([new PresentationDataValue(1, Command: true, Last: true, DimseCommand.Store(7, sopClass, sopInstance))]));
        await SendAsync(new Pdu.DataTransfer([new PresentationDataValue(1, Command: false, Last: true, dataSet)]));
        var answer = (Pdu.DataTransfer)await ReceiveAsync();
        DicomDataSet response = DimseCommand.Decode(answer.Values[0].Data).Require();
        return new DimseStatus((ushort)response.Int(DicomTags.Status)!.Value, response.Text(DicomTags.ErrorComment));
    }

    public async Task<Pdu> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            if (_decoder.Next(ref _input) is { } frame)
                return frame.Pdu ?? throw new InvalidDataException(frame.Fault!.Message);
            int count = await _socket.ReceiveAsync(_buffer.AsMemory(), limit.Token);
            if (count == 0)
                throw new EndOfStreamException("The site closed the connection.");
            _input = _buffer.AsMemory(0, count);
        }
    }

    /// <summary>Ends the connection as the death of the peer's machine would: by a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
