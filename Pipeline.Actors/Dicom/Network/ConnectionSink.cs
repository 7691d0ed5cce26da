using Akka;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Sends each element whole before it asks for the next. The materialized task ends, always successfully, once all is sent or the peer is gone; then
/// the owner closes the connection.
/// </summary>
public sealed class ConnectionSink(DicomConnection connection) : GraphStageWithMaterializedValue<SinkShape<ReadOnlyMemory<byte>>, Task<Done>>
{
    public Inlet<ReadOnlyMemory<byte>> In { get; } = new("ConnectionSink.in");

    public override SinkShape<ReadOnlyMemory<byte>> Shape => new(In);

    public override ILogicAndMaterializedValue<Task<Done>> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var done = new TaskCompletionSource<Done>(TaskCreationOptions.RunContinuationsAsynchronously);
        return new LogicAndMaterializedValue<Task<Done>>(new Logic(this, connection.Stream, done), done.Task);
    }

    private sealed class Logic : InGraphStageLogic
    {
        private readonly ConnectionSink _stage;
        private readonly Stream _stream;
        private readonly TaskCompletionSource<Done> _done;
        private readonly Action<bool> _sent;
        private bool _sending;

        public Logic(ConnectionSink stage, Stream stream, TaskCompletionSource<Done> done)
            : base(stage.Shape)
        {
            (_stage, _stream, _done) = (stage, stream, done);
            _sent = GetAsyncCallback<bool>(Sent);
            SetHandler(stage.In, this);
        }

        public override void PreStart()
        {
            SetKeepGoing(true);
            Pull(_stage.In);
        }

        public override void OnPush()
        {
            _sending = true;
            _ = SendAsync(Grab(_stage.In));
        }

        public override void OnUpstreamFinish()
        {
            if (!_sending)
                CompleteStage();
        }

        public override void OnUpstreamFailure(Exception e) => FailStage(e);

        public override void PostStop() => _done.TrySetResult(Done.Instance);

        private async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            try
            {
                await _stream.WriteAsync(bytes).ConfigureAwait(false);
                _sent(true);
            }
            catch (Exception gone) when (DicomConnection.IsLost(gone))
            {
                _sent(false);
            }
        }

        private void Sent(bool whole)
        {
            _sending = false;
            if (!whole || IsClosed(_stage.In))
                CompleteStage();
            else
                Pull(_stage.In);
        }
    }
}
