using System.Net.Sockets;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Bytes of a socket, received only on demand, so back-pressure reaches the sender's kernel. An element is a slice of one buffer and valid until the
/// next pull. A reset counts as the end: what it cut off is the reader's to judge. The socket belongs to the caller.
/// </summary>
public sealed class SocketSource(Socket socket, int bufferSize = 131072) : GraphStage<SourceShape<ReadOnlyMemory<byte>>>
{
    public Outlet<ReadOnlyMemory<byte>> Out { get; } = new("SocketSource.out");

    public override SourceShape<ReadOnlyMemory<byte>> Shape => new(Out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, socket, bufferSize);

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly SocketSource _stage;
        private readonly Socket _socket;
        private readonly byte[] _buffer;
        private readonly Action<int> _received;

        public Logic(SocketSource stage, Socket socket, int bufferSize)
            : base(stage.Shape)
        {
            (_stage, _socket, _buffer) = (stage, socket, new byte[bufferSize]);
            _received = GetAsyncCallback<int>(Received);
            SetHandler(stage.Out, this);
        }

        public override void OnPull()
        {
            ValueTask<int> receive;
            try
            {
                receive = _socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                CompleteStage();
                return;
            }
            if (receive.IsCompletedSuccessfully)
                Received(receive.Result);
            else
                _ = AwaitReceive(receive);
        }

        private async Task AwaitReceive(ValueTask<int> receive)
        {
            int count;
            try
            {
                count = await receive.ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                count = 0;
            }
            _received(count);
        }

        private void Received(int count)
        {
            if (count == 0)
            {
                CompleteStage();
                return;
            }
            try
            {
                SocketOptions.QuickAck(_socket);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // What was received still counts; the next receive finds the end.
            }
            Push(_stage.Out, _buffer.AsMemory(0, count));
        }
    }
}
