using Akka.Streams;
using Akka.Streams.Stage;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Bytes of a connection, received only on demand, so back-pressure reaches the sender's kernel. An element is a slice of one buffer and valid until the
/// next pull; the buffer is small until it was full once, since most connections that wait say little. A reset counts as the end: what it cut off is the
/// reader's to judge. The connection belongs to the caller.
/// </summary>
public sealed class ConnectionSource(DicomConnection connection, int bufferSize = 131072) : GraphStage<SourceShape<ReadOnlyMemory<byte>>>
{
    public Outlet<ReadOnlyMemory<byte>> Out { get; } = new("ConnectionSource.out");

    public override SourceShape<ReadOnlyMemory<byte>> Shape => new(Out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, connection.Stream, bufferSize);

    private sealed class Logic : OutGraphStageLogic
    {
        private const int FirstBuffer = 4096;

        private readonly ConnectionSource _stage;
        private readonly Stream _stream;
        private readonly int _bufferSize;
        private readonly Action<int> _received;
        private byte[] _buffer = new byte[FirstBuffer];
        private bool _full;

        public Logic(ConnectionSource stage, Stream stream, int bufferSize)
            : base(stage.Shape)
        {
            (_stage, _stream, _bufferSize) = (stage, stream, bufferSize);
            _received = GetAsyncCallback<int>(Received);
            SetHandler(stage.Out, this);
        }

        public override void OnPull()
        {
            if (_full && _buffer.Length < _bufferSize)
                _buffer = new byte[_bufferSize];
            ValueTask<int> receive;
            try
            {
                receive = _stream.ReadAsync(_buffer.AsMemory());
            }
            catch (Exception gone) when (DicomConnection.IsLost(gone))
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
            catch (Exception gone) when (DicomConnection.IsLost(gone))
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
            _full |= count == _buffer.Length;
            Push(_stage.Out, _buffer.AsMemory(0, count));
        }
    }
}
