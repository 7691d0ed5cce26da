using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Runs an <see cref="AssociationAcceptor"/>: PDUs in, encoded PDUs out. Pulls the next PDU only when everything before it is answered, so an unfinished
/// store holds the peer back through the socket.
/// </summary>
internal sealed class AssociationStage(DicomServerSettings settings, IInstanceSink sink, Func<bool> withinLimit, string name)
    : GraphStage<FlowShape<PduFrame, ReadOnlyMemory<byte>>>
{
    public Inlet<PduFrame> In { get; } = new("AssociationStage.in");

    public Outlet<ReadOnlyMemory<byte>> Out { get; } = new("AssociationStage.out");

    public override FlowShape<PduFrame, ReadOnlyMemory<byte>> Shape => new(In, Out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, settings, sink, withinLimit, name);

    private sealed class Logic : TimerGraphStageLogic, IInHandler, IOutHandler, IDisposable
    {
        private readonly AssociationStage _stage;
        private readonly DicomServerSettings _settings;
        private readonly IInstanceSink _sink;
        private readonly string _name;
        private readonly AssociationAcceptor _acceptor;
        private readonly Queue<ReadOnlyMemory<byte>> _outgoing = new();
        private readonly Action<DimseStatus> _stored;
        private bool _storing, _closing, _peerGone;

        public Logic(AssociationStage stage, DicomServerSettings settings, IInstanceSink sink, Func<bool> withinLimit, string name)
            : base(stage.Shape)
        {
            (_stage, _settings, _sink, _name) = (stage, settings, sink, name);
            _acceptor = new AssociationAcceptor(settings, sink, withinLimit);
            _stored = GetAsyncCallback<DimseStatus>(Stored);
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
            if (!_storing && _outgoing.Count == 0)
                CompleteStage();
        }

        public void OnUpstreamFailure(Exception e) => FailStage(e);

        public void OnPull() => Flush();

        public void OnDownstreamFinish(Exception cause) => CompleteStage();

        protected override void OnTimer(object timerKey) => Apply(_acceptor.TimedOut());

        public override void PostStop() => Dispose();

        public void Dispose() => _acceptor.Dispose();

        private void Stored(DimseStatus status)
        {
            _storing = false;
            Apply(_acceptor.Stored(status));
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
                    case AssociationEffect.Store store:
                        _storing = true;
                        _ = StoreAsync(store.Instance);
                        break;
                    case AssociationEffect.Close:
                        _closing = true;
                        break;
                    case AssociationEffect.Note note:
                        Log.Info("{0}: {1}", _name, note.Message);
                        break;
                }
            }
            Arm();
            Flush();
        }

        private async Task StoreAsync(ReceivedInstance instance)
        {
            DimseStatus status;
            try
            {
                status = await _sink.StoreAsync(instance).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Log.Error(e, "Association {0}: storing failed.", _name);
                status = DimseStatus.OutOfResources("Storing failed; nothing was kept.");
            }
            _stored(status);
        }

        private void Flush()
        {
            if (_outgoing.Count > 0 && IsAvailable(_stage.Out))
                Push(_stage.Out, _outgoing.Dequeue());
            if (_outgoing.Count > 0 || _storing)
                return;
            if (_closing || _peerGone)
                CompleteStage();
            else if (!HasBeenPulled(_stage.In))
                Pull(_stage.In);
        }

        private void Arm()
        {
            AssociationTimer timer = _acceptor.Timer;
            CancelTimer(AssociationTimer.Artim);
            CancelTimer(AssociationTimer.Idle);
            if (timer != AssociationTimer.None)
                ScheduleOnce(timer, timer == AssociationTimer.Artim ? _settings.Artim : _settings.IdleTimeout);
        }
    }
}
