using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Akka.Streams;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Training;
using Pipeline.Host.Cluster;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Training;
using Xunit;
using static Pipeline.Actors.Training.TrainingProtocol;
using static Pipeline.Host.Cluster.ClusterProtocol;

namespace Pipeline.Tests.Host.Cluster;

/// <summary>What the nodes of a site say to one another, as bytes.</summary>
public sealed class ClusterWireTests : IDisposable
{
    private const string Link = "33221100554477668899aabbccddeeff";
    private static readonly Guid Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly ActorSystem _system = ActorSystem.Create(
        "wire", ClusterSerializer.Config.WithFallback(ActorMaterializer.DefaultConfig()).WithFallback(SiteConfiguration.DefaultAkka));

    private readonly FixedPointModel _model;

    public ClusterWireTests()
    {
        var layout = ResidualCnn.Small.Layout(SyntheticImages.Task);
        var random = new Random(3);
        _model = new FixedPointModel(layout, [.. Enumerable.Range(0, layout.Length).Select(_ => random.Next())], new int[layout.Length]);
    }

    public static TheoryData<IMessage, string, string> Small => new()
    {
        { new AskFeed("chest", Id, 258), "ask-feed/1", "05 6368657374" + Link + "0201000000000000" },
        { new NoFeed("chest", "no"), "no-feed/1", "05 6368657374 02 6e6f" },
        { new NoHelp(Id, "no"), "no-help/1", Link + "02 6e6f" },
        { new Hail(Id, 3), "hail/1", Link + "0300000000000000" },
        { new Here(Id, 3, true), "here/1", Link + "0300000000000000 01" },
    };

    public void Dispose() => _system.Dispose();

    [Theory]
    [MemberData(nameof(Small))]
    public void Small_messages_have_these_bytes(IMessage message, string manifest, string hex)
    {
        var serializer = Assert.IsType<ClusterSerializer>(_system.Serialization.FindSerializerFor(message));
        byte[] bytes = serializer.ToBinary(message);
        Assert.Equal((manifest, Convert.ToHexStringLower(Golden.Parse(hex))), (serializer.Manifest(message), Convert.ToHexStringLower(bytes)));
        Assert.Equal(message, serializer.FromBinary(bytes, manifest));
        Assert.Throws<ArgumentException>(() => serializer.FromBinary(bytes, "hail/2"));
    }

    [Fact]
    public async Task Bytes_of_any_length_cross_as_a_stream()
    {
        byte[] bytes = new byte[3 * Bulk.PieceBytes + 5];
        new Random(1).NextBytes(bytes);
        var materializer = _system.Materializer();
        foreach (Func<ISourceRef<byte[]>, IMessage> wrap in (Func<ISourceRef<byte[]>, IMessage>[])
            [pieces => new AskHelp("chest", Id, 1, Digest.Of([1]), pieces), pieces => new Helping(Id, pieces), pieces => new Feed("chest", pieces), pieces => new Errand(Id, 7, bytes.Length, pieces), pieces => new Answer(Id, 7, bytes.Length, pieces)])
        {
            var message = wrap(await Bulk.OfferAsync(bytes, materializer));
            var serializer = (SerializerWithStringManifest)_system.Serialization.FindSerializerFor(message);
            var read = serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
            Assert.IsType(message.GetType(), read);
            var pieces = read switch { AskHelp ask => ask.Work, Helping helping => helping.Parts, Feed feed => feed.Pieces, Errand errand => errand.Pieces, _ => ((Answer)read).Pieces };
            Assert.Equal(bytes, await Bulk.CollectAsync(pieces, bytes.Length, bytes.Length, materializer));
        }

        await Assert.ThrowsAsync<InvalidDataException>(async () =>
            await Bulk.CollectAsync(await Bulk.OfferAsync(bytes, materializer), bytes.Length, bytes.Length - 1, materializer));
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
            await Bulk.CollectAsync(await Bulk.OfferAsync(bytes, materializer), bytes.Length - 1, bytes.Length, materializer));
    }

    [Fact]
    public void Commands_and_replies_of_training_are_read_as_they_were_written()
    {
        var score = new ModelScore(0.75, double.NaN, 12);
        var backbone = BackbonePayload.FromModel(_model);
        (ICommand Command, IReply? Reply)[] pairs =
        [
            (new TrainRound(3, _model, _model.Digest, Digest.Of([1]), 44), new RoundTrained(3, [1, 2, 3], 0.5, 99, 44)),
            (new TrainRound(3, _model, _model.Digest, Digest.Of([1]), 44), new RoundTrained(3, [1, 2, 3], 0.5, 99, 44, 3)),
            (new TrainRound(3, _model, _model.Digest, Digest.Of([1])), new RoundSkipped(3, "too few")),
            (new TrainRound(3, _model, _model.Digest, Digest.Of([1])) { Branch = new RoundBranch(3, TrialSide.Offered) }, new RoundSkipped(3, "too few")),
            (new ContributionMissed(9), null),
            (new TrialOver(9, true), null),
            (new JudgeTrial(_model, _model), new TrialJudged(new GateDecision(true, "gains", double.NaN, double.NaN, .3, .4))),
            (new JudgeTrial(_model, _model), new AuxiliaryPostponed("too few")),
            (new Evaluate(_model, DataSplit.Validation, 5L), new Evaluated(DataSplit.Validation, score, 5L)),
            (new JudgeAuxiliary(_model, new AuxiliaryBackbone("hand", backbone), Digest.Of([2])), new AuxiliaryJudged(new GateDecision(true, "helps", .1, .2, .3, .4))),
            (new JudgeAuxiliary(_model, new AuxiliaryBackbone("hand", backbone), Digest.Of([2])), new AuxiliaryPostponed("too few")),
            (new Personalize(_model, Digest.Of([3])), new Personalized(new PersonalizationResult("knn", [new("global", 1, 2)], score, score, score)
                { Model = new TrainedModel("knn", [1f]) })),
        ];
        foreach (var (command, reply) in pairs)
        {
            byte[] bytes = TrainingWire.Encode(command);
            Assert.InRange(bytes.Length, 2, TrainingWire.MostBytes(_model.Layout));
            var read = TrainingWire.DecodeCommand(bytes, _model.Layout);
            Assert.IsType(command.GetType(), read);
            Assert.Equal(bytes, TrainingWire.Encode(read));
            Assert.Equal((command as TrainRound)?.Branch, (read as TrainRound)?.Branch);
            if (reply is null)
                continue;
            var answered = TrainingWire.DecodeReply(TrainingWire.Encode(reply), command);
            Assert.IsType(reply.GetType(), answered);
            Assert.Equal(TrainingWire.Encode(reply), TrainingWire.Encode(answered));
            Assert.Equal((answered as Evaluated)?.Tag, (reply as Evaluated)?.Tag);
            Assert.Throws<InvalidDataException>(() => TrainingWire.DecodeCommand(bytes[..^1], _model.Layout));
            Assert.Throws<InvalidDataException>(() => TrainingWire.DecodeCommand([.. bytes, 0], _model.Layout));
        }

        var failed = new TrainingFailed(pairs[0].Command, "no memory");
        Assert.Equal(failed, TrainingWire.DecodeReply(TrainingWire.Encode(failed), pairs[0].Command));
        Assert.Throws<InvalidDataException>(() => TrainingWire.DecodeReply(TrainingWire.Encode(pairs[0].Reply!), new ContributionMissed(9)));
        // A round in no trial is said as builds that know none say it.
        Assert.Equal(1, TrainingWire.Encode(pairs[0].Command)[1]);
        byte[] unknown = TrainingWire.Encode(new TrialOver(9, true));
        unknown[1] = 200;
        Assert.Contains("a command of kind 200, which this build does not know", Assert.Throws<InvalidDataException>(() => TrainingWire.DecodeCommand(unknown, _model.Layout)).Message, StringComparison.Ordinal);
    }
}
