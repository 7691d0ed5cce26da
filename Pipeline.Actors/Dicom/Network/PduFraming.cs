using Akka.Streams;
using Akka.Streams.Stage;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Bytes to PDUs; completes behind the first fault. See <see cref="PduDecoder"/> for how long an element is valid: until the next pull.</summary>
public sealed class PduFraming(int cap) : GraphStage<FlowShape<ReadOnlyMemory<byte>, PduFrame>>
{
    public Inlet<ReadOnlyMemory<byte>> In { get; } = new("PduFraming.in");

    public Outlet<PduFrame> Out { get; } = new("PduFraming.out");

    public override FlowShape<ReadOnlyMemory<byte>, PduFrame> Shape => new(In, Out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, cap);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly PduFraming _stage;
        private readonly PduDecoder _decoder;
        private ReadOnlyMemory<byte> _input;

        public Logic(PduFraming stage, int cap)
            : base(stage.Shape)
        {
            (_stage, _decoder) = (stage, new PduDecoder(cap));
            SetHandlers(stage.In, stage.Out, this);
        }

        public override void OnPush()
        {
            _input = Grab(_stage.In);
            Advance();
        }

        public override void OnPull() => Advance();

        private void Advance()
        {
            PduFrame? frame = _decoder.Next(ref _input);
            if (frame is not { } whole)
            {
                // The source uses its buffer again at the pull; the decoder has copied everything out of it.
                if (!IsClosed(_stage.In))
                    Pull(_stage.In);
                else
                    CompleteStage();
                return;
            }
            Push(_stage.Out, whole);
            if (whole.Fault is not null)
                CompleteStage();
        }

        public override void OnUpstreamFinish()
        {
            if (_input.IsEmpty || IsAvailable(_stage.Out))
                CompleteStage();
        }
    }
}
