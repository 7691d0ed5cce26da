using System.Net.Sockets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// A socket whose requests and answers do not wait for each other. Senders with Nagle on hold the tail of a PDU until an ACK comes, and the kernel delays
/// that ACK by 40 ms: TCP_QUICKACK, which the kernel clears by itself, is armed again after each receive (Linux alone has it).
/// </summary>
internal sealed class SocketStream : NetworkStream
{
    private const int IpProtoTcp = 6;
    private const int TcpQuickAck = 12;
    private static readonly byte[] One = [1, 0, 0, 0];

    /// <param name="socket">Closed with the stream.</param>
    public SocketStream(Socket socket)
        : base(socket, ownsSocket: true)
    {
        socket.NoDelay = true;
        QuickAck();
    }

    /// <summary>Receives that armed TCP_QUICKACK again.</summary>
    public long Armed { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count > 0)
            QuickAck();
        return count;
    }

    private void QuickAck()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            Socket.SetRawSocketOption(IpProtoTcp, TcpQuickAck, One);
            Armed++;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // What was received still counts; the next receive finds the end.
        }
    }
}
