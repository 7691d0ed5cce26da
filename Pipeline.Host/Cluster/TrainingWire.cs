using System.Text;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using static Pipeline.Actors.Training.TrainingProtocol;

namespace Pipeline.Host.Cluster;

/// <summary>
/// <see cref="TrainingProtocol"/> as bytes between two nodes of one site: a version, a kind, the fields; little endian. A personal model stays where it was
/// trained: its scores alone travel. A reply is read beside the command it answers. What only trials need has kinds of its own, which a build that knows no trials
/// refuses by name; without one, nodes say what they said before.
/// </summary>
internal static class TrainingWire
{
    private const byte Version = 1;
    private const int MostCandidates = 1024;

    /// <summary>No command or reply of a chain is longer (bytes): a trial's two models and a little.</summary>
    public static long MostBytes(ModelLayout layout) => 2 * FixedPointModel.BytesFor(layout) + (1 << 20);

    public static byte[] Encode(ICommand command) => Write(writer =>
    {
        switch (command)
        {
            case TrainRound c:
                writer.Write((byte)(c.Branch == default ? 1 : 6));
                if (c.Branch != default)
                {
                    writer.Write(c.Branch.Id);
                    writer.Write((byte)c.Branch.Side);
                }

                writer.Write(c.Round);
                Write(writer, c.BaseDigest);
                Write(writer, c.Seed);
                writer.Write(c.ReportedMicro);
                writer.Write(c.Base.ToBytes());
                break;
            case ContributionMissed c:
                writer.Write((byte)2);
                writer.Write(c.Round);
                break;
            case Evaluate c:
                writer.Write((byte)3);
                writer.Write((byte)c.Split);
                writer.Write(c.Model.ToBytes());
                break;
            case JudgeAuxiliary c:
                writer.Write((byte)4);
                Write(writer, c.Seed);
                writer.Write(c.Own.ToBytes());
                writer.Write(c.Offer.FromChain);
                Write(writer, Canonical.Encode(c.Offer.Backbone));
                break;
            case Personalize c:
                writer.Write((byte)5);
                Write(writer, c.Seed);
                writer.Write(c.Global.ToBytes());
                break;
            case JudgeTrial c:
                writer.Write((byte)7);
                writer.Write(c.Own.ToBytes());
                writer.Write(c.Offered.ToBytes());
                break;
            case TrialOver c:
                writer.Write((byte)8);
                writer.Write(c.Began);
                writer.Write(c.Accepted);
                break;
            default:
                throw new ArgumentException($"'{command.GetType().Name}' is no command that crosses nodes", nameof(command));
        }
    });

    /// <exception cref="InvalidDataException">The bytes are no command of a chain with this layout.</exception>
    public static ICommand DecodeCommand(byte[] bytes, ModelLayout layout) => Read(bytes, ICommand (reader) => reader.ReadByte() switch
    {
        1 => Round(reader, layout, default),
        2 => new ContributionMissed(reader.ReadInt64()),
        3 when reader.ReadByte() is <= (byte)DataSplit.Test and var split => new Evaluate(Model(reader, layout), (DataSplit)split),
        4 when (Hash(reader), Model(reader, layout), reader.ReadString()) is var (seed, own, from) =>
            new JudgeAuxiliary(own, new AuxiliaryBackbone(from, Canonical.Decode<BackbonePayload>(Bytes(reader))), seed),
        5 when Hash(reader) is var seed => new Personalize(Model(reader, layout), seed),
        6 => Round(reader, layout, Branch(reader)),
        7 => new JudgeTrial(Model(reader, layout), Model(reader, layout)),
        8 => new TrialOver(reader.ReadInt64(), reader.ReadBoolean()),
        var kind => throw new InvalidDataException($"a command of kind {kind}, which this build does not know"),
    });

    public static byte[] Encode(IReply reply) => Write(writer =>
    {
        switch (reply)
        {
            case RoundTrained r:
                writer.Write((byte)(r.Trainers == 1 ? 1 : 8));
                if (r.Trainers != 1)
                    writer.Write(r.Trainers);
                writer.Write(r.TrainLoss);
                writer.Write(r.Samples);
                writer.Write(r.SpentMicro);
                Write(writer, r.Payload);
                break;
            case RoundSkipped r:
                writer.Write((byte)2);
                writer.Write(r.Reason);
                break;
            case Evaluated r:
                writer.Write((byte)3);
                Write(writer, r.Score);
                break;
            case AuxiliaryJudged r:
                writer.Write((byte)4);
                Write(writer, r.Decision);
                break;
            case TrialJudged r:
                writer.Write((byte)9);
                Write(writer, r.Decision);
                break;
            case AuxiliaryPostponed r:
                writer.Write((byte)7);
                writer.Write(r.Reason);
                break;
            case Personalized { Result: var p }:
                writer.Write((byte)5);
                writer.Write(p.Chosen);
                writer.Write(p.Candidates.Count);
                foreach (var candidate in p.Candidates)
                {
                    writer.Write(candidate.Name);
                    writer.Write(candidate.Loss);
                    writer.Write(candidate.MarginLowerBound);
                }

                foreach (var score in (ModelScore[])[p.Local, p.Collaborative, p.Personalized])
                    Write(writer, score);
                writer.Write(p.Model.Kind);
                break;
            case TrainingFailed r:
                writer.Write((byte)6);
                writer.Write(r.Reason);
                break;
            default:
                throw new ArgumentException($"'{reply.GetType().Name}' is no reply that crosses nodes", nameof(reply));
        }
    });

    /// <exception cref="InvalidDataException">The bytes are no reply to this command.</exception>
    public static IReply DecodeReply(byte[] bytes, ICommand asked) => Read(bytes, IReply (reader) => (reader.ReadByte(), asked) switch
    {
        (1, TrainRound c) when (reader.ReadDouble(), reader.ReadInt32(), reader.ReadInt64()) is var (loss, samples, spent) =>
            new RoundTrained(c.Round, Bytes(reader), loss, samples, spent),
        (8, TrainRound c) when (reader.ReadInt32(), reader.ReadDouble(), reader.ReadInt32(), reader.ReadInt64()) is var (trainers, loss, samples, spent) =>
            new RoundTrained(c.Round, Bytes(reader), loss, samples, spent, trainers),
        (2, TrainRound c) => new RoundSkipped(c.Round, reader.ReadString()),
        (3, Evaluate c) => new Evaluated(c.Split, Score(reader), c.Tag),
        (4, JudgeAuxiliary) => new AuxiliaryJudged(Decision(reader)),
        (9, JudgeTrial) => new TrialJudged(Decision(reader)),
        (7, JudgeAuxiliary or JudgeTrial) => new AuxiliaryPostponed(reader.ReadString()),
        (5, Personalize) => new Personalized(Result(reader)),
        (6, _) => new TrainingFailed(asked, reader.ReadString()),
        var (kind, command) => throw new InvalidDataException($"a reply of kind {kind} to {command.GetType().Name}"),
    });

    private static byte[] Write(Action<BinaryWriter> write)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(Version);
        write(writer);
        writer.Flush();
        return bytes.ToArray();
    }

    private static T Read<T>(byte[] bytes, Func<BinaryReader, T> read)
    {
        using var stream = new MemoryStream(bytes);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        try
        {
            if (reader.ReadByte() is not Version and var version)
                throw new InvalidDataException($"version {version} of what nodes say about training; this build speaks version {Version}");
            T value = read(reader);
            return stream.Position == stream.Length ? value : throw new InvalidDataException($"{stream.Length - stream.Position} bytes too many");
        }
        catch (Exception e) when (e is EndOfStreamException or CanonicalFormatException or ArgumentException or FormatException)
        {
            throw new InvalidDataException($"what another node says about training cannot be read: {e.Message}", e);
        }
    }

    private static void Write(BinaryWriter writer, Digest digest) => writer.Write(digest.ToArray());

    private static void Write(BinaryWriter writer, byte[] bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static void Write(BinaryWriter writer, ModelScore score)
    {
        writer.Write(score.Auc);
        writer.Write(score.BalancedAccuracy);
        writer.Write(score.Samples);
    }

    private static void Write(BinaryWriter writer, GateDecision decision)
    {
        writer.Write(decision.Accept);
        writer.Write(decision.Reason);
        foreach (double value in (double[])[decision.ProbeOwn, decision.ProbeOffered, decision.Gain, decision.GainLowerBound])
            writer.Write(value);
    }

    private static GateDecision Decision(BinaryReader reader) =>
        new(reader.ReadBoolean(), reader.ReadString(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());

    private static TrainRound Round(BinaryReader reader, ModelLayout layout, RoundBranch branch)
    {
        var (round, origin, seed, reported) = (reader.ReadInt64(), Hash(reader), Hash(reader), reader.ReadInt64());
        return new TrainRound(round, Model(reader, layout), origin, seed, reported) { Branch = branch };
    }

    private static RoundBranch Branch(BinaryReader reader)
    {
        var branch = new RoundBranch(reader.ReadInt64(), (TrialSide)reader.ReadByte());
        return branch.Id >= 0 && branch.Side <= TrialSide.Offered ? branch : throw new InvalidDataException($"a round in branch {branch}");
    }

    private static Digest Hash(BinaryReader reader) => new(Exactly(reader, Digest.Size));

    private static byte[] Bytes(BinaryReader reader) => Exactly(reader, reader.ReadInt32());

    private static byte[] Exactly(BinaryReader reader, long length) =>
        length >= 0 && length <= reader.BaseStream.Length - reader.BaseStream.Position ? reader.ReadBytes((int)length) : throw new EndOfStreamException();

    private static FixedPointModel Model(BinaryReader reader, ModelLayout layout) =>
        FixedPointModel.TryFromBytes(layout, Exactly(reader, FixedPointModel.BytesFor(layout)), out string? error) ?? throw new InvalidDataException(error);

    private static ModelScore Score(BinaryReader reader) => new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadInt32());

    private static PersonalizationResult Result(BinaryReader reader)
    {
        string chosen = reader.ReadString();
        int count = reader.ReadInt32();
        if (count is < 0 or > MostCandidates)
            throw new InvalidDataException($"{count} candidates");
        CandidateScore[] candidates = [.. Enumerable.Range(0, count).Select(_ => new CandidateScore(reader.ReadString(), reader.ReadDouble(), reader.ReadDouble()))];
        return new PersonalizationResult(chosen, candidates, Score(reader), Score(reader), Score(reader)) { Model = new TrainedModel(reader.ReadString(), []) };
    }
}
