using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Runs an <see cref="AssociationAcceptor"/>: PDUs in, encoded PDUs out. Pulls the next PDU only when the store has room for more and the operations
/// outstanding are fewer than negotiated, so an unfinished store holds the peer back through the socket.
/// </summary>
internal sealed class AssociationStage(AssociationHost host, DicomConnection connection)
    : GraphStage<FlowShape<PduFrame, ReadOnlyMemory<byte>>>
{
    public Inlet<PduFrame> In { get; } = new("AssociationStage.in");

    public Outlet<ReadOnlyMemory<byte>> Out { get; } = new("AssociationStage.out");

    public override FlowShape<PduFrame, ReadOnlyMemory<byte>> Shape => new(In, Out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, host, connection);

    private sealed class Logic : TimerGraphStageLogic, IInHandler, IOutHandler, IDisposable
    {
        private readonly AssociationStage _stage;
        private readonly AssociationHost _host;
        private readonly DicomServerSettings _settings;
        private readonly DicomConnection _connection;
        private readonly AssociationAcceptor _acceptor;
        private readonly AssociationTrace _trace = new();
        private readonly Queue<ReadOnlyMemory<byte>> _outgoing = new();
        private readonly Action<(PendingRequest Request, DimseStatus Status)> _stored;
        private readonly Action _roomMade;
        private IInstanceUpload? _upload;
        private AssociationTimer _armed;
        private long _active;
        private int _waiting, _commits;
        private bool _admitted, _closing, _peerGone;

        public Logic(AssociationStage stage, AssociationHost host, DicomConnection connection)
            : base(stage.Shape)
        {
            (_stage, _host, _settings, _connection) = (stage, host, host.Settings(), connection);
            _acceptor = new AssociationAcceptor(_settings, host.Sink, host.Slots, connection.Origin);
            _stored = GetAsyncCallback<(PendingRequest Request, DimseStatus Status)>(Stored);
            _roomMade = GetAsyncCallback(RoomMade);
            SetHandler(stage.In, this);
            SetHandler(stage.Out, this);
        }

        protected override object LogSource => typeof(AssociationStage);

        public override void PreStart()
        {
            SetKeepGoing(true);
            Arm();
            Pull(_stage.In);
        }

        public void OnPush()
        {
            PduFrame frame = Grab(_stage.In);
            Apply(frame.Fault is { } fault ? _acceptor.Malformed(fault) : _acceptor.Received(frame.Pdu!));
        }

        public void OnUpstreamFinish()
        {
            // A store under way is finished for its own sake: the peer will send the instance again and find it held.
            _peerGone = true;
            Flush();
        }

        public void OnUpstreamFailure(Exception e) => FailStage(e);

        public void OnPull() => Flush();

        public void OnDownstreamFinish(Exception cause) => CompleteStage();

        protected override void OnTimer(object timerKey)
        {
            TimeSpan left = _settings.IdleTimeout - TimeProvider.System.GetElapsedTime(_active);
            if (_armed == AssociationTimer.Idle && left > TimeSpan.Zero)
                ScheduleOnce(AssociationTimer.Idle, left);
            else
                Apply(_acceptor.TimedOut());
        }

        public override void PostStop()
        {
            _upload?.Abandon();
            _trace.Ended(_acceptor.Released);
            Dispose();
        }

        public void Dispose() => _acceptor.Dispose();

        private void Stored((PendingRequest Request, DimseStatus Status) answer)
        {
            _commits--;
            _trace.Answered(answer.Status.IsSuccess);
            Apply(_acceptor.Stored(answer.Request, answer.Status));
        }

        private void RoomMade()
        {
            _waiting--;
            Flush();
        }

        private void Apply(IReadOnlyList<AssociationEffect> effects)
        {
            foreach (AssociationEffect effect in effects)
            {
                switch (effect)
                {
                    case AssociationEffect.Send send:
                        _outgoing.Enqueue(PduWriter.Write(send.Pdu));
                        break;
                    case AssociationEffect.Append append:
                        _upload ??= _host.Sink.BeginUpload();
                        Await(_upload.AppendAsync(append.Buffer, append.Length));
                        break;
                    case AssociationEffect.Commit commit:
                        _commits++;
                        _ = CommitAsync(_upload!, commit with { Instance = commit.Instance with { Trace = _trace.Context } });
                        _upload = null;
                        break;
                    case AssociationEffect.Abandon:
                        _upload?.Abandon();
                        _upload = null;
                        break;
                    case AssociationEffect.Report report:
                        _host.Report(report);
                        break;
                    case AssociationEffect.Close close:
                        _closing = true;
                        if (close.AtOnce)
                            _connection.Dispose();
                        break;
                    case AssociationEffect.Note note:
                        Log.Info("{0}: {1}", _connection.Name, note.Message);
                        break;
                }
            }
            if (_acceptor.Admitted && !_admitted)
            {
                _admitted = true;
                _host.Admitted(_connection);
                _trace.Admitted(_acceptor.CalledAe, _host.Sink.ChainOf(_acceptor.CalledAe));
            }
            Arm();
            Flush();
        }

        private void Await(Task room)
        {
            if (room.IsCompleted)
                return;
            _waiting++;
            room.ContinueWith(_ => _roomMade(), TaskScheduler.Default);
        }

        private async Task CommitAsync(IInstanceUpload upload, AssociationEffect.Commit commit)
        {
            DimseStatus status;
            try
            {
                status = await upload.CommitAsync(commit.Instance).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Log.Error(e, "Association {0}: storing failed.", _connection.Name);
                status = DimseStatus.ProcessingFailure("Storing failed; nothing was kept.");
            }
            _stored((commit.Request, status));
        }

        private void Flush()
        {
            if (_outgoing.Count > 0 && IsAvailable(_stage.Out))
                Push(_stage.Out, _outgoing.Dequeue());
            if (_peerGone || _closing)
            {
                if (_outgoing.Count == 0 && _commits == 0)
                    CompleteStage();
            }
            else if (_outgoing.Count == 0 && _waiting == 0 && _acceptor.MayReceive && !HasBeenPulled(_stage.In) && !IsClosed(_stage.In))
                Pull(_stage.In);
        }

        private void Arm()
        {
            _active = TimeProvider.System.GetTimestamp();
            AssociationTimer timer = _acceptor.Timer;
            if (timer == _armed)
                return;
            if (_armed != AssociationTimer.None)
                CancelTimer(_armed);
            _armed = timer;
            if (timer != AssociationTimer.None)
                ScheduleOnce(timer, timer == AssociationTimer.Artim ? _settings.Artim : _settings.IdleTimeout);
        }
    }
}
