using System.Net.Sockets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Options that keep DICOM's request and answer from waiting for each other. Senders with Nagle on hold the tail of a PDU until an ACK comes, and
/// the kernel delays that ACK by 40 ms: TCP_QUICKACK, which the kernel clears by itself, is armed again after each receive.
/// </summary>
internal static class SocketOptions
{
    private const int IpProtoTcp = 6;
    private const int TcpQuickAck = 12;
    private static readonly byte[] One = [1, 0, 0, 0];

    public static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        QuickAck(socket);
    }

    public static void QuickAck(Socket socket)
    {
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(IpProtoTcp, TcpQuickAck, One);
    }
}
