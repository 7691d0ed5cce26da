using Akka.Streams;
using Akka.Streams.Stage;
using Pipeline.Actors.Ingest.Spool;

namespace Pipeline.Actors.Ingest.Stages;

/// <summary>Durable records of the spool in order, their heads in memory, one for each pull; waits for the writer where there is none.</summary>
internal sealed class SpoolSource(InstanceSpool spool, long from) : GraphStage<SourceShape<SpoolRecord>>
{
    public Outlet<SpoolRecord> Out { get; } = new("SpoolSource.out");

    public override SourceShape<SpoolRecord> Shape => new(Out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, spool, from);

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly SpoolSource _stage;
        private readonly InstanceSpool _spool;
        private readonly SpoolCursor _cursor;
        private readonly Action _advanced;

        public Logic(SpoolSource stage, InstanceSpool spool, long from)
            : base(stage.Shape)
        {
            (_stage, _spool, _cursor) = (stage, spool, spool.ReadFrom(from));
            _advanced = GetAsyncCallback(Offer);
            SetHandler(stage.Out, this);
        }

        public override void PreStart() => _spool.Advanced += _advanced;

        public override void PostStop() => _spool.Advanced -= _advanced;

        public override void OnPull() => Offer();

        private void Offer()
        {
            if (IsAvailable(_stage.Out) && _cursor.TryReadHead() is { } record)
                Push(_stage.Out, record);
        }
    }
}
