using System.Buffers;
using System.Globalization;
using System.Net;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>
/// Whole conversations with bytes changed, dropped, doubled and lengths set wild. <c>PIPELINE_TEST_FUZZ=100000</c> sets how many, <c>PIPELINE_TEST_SEED</c>
/// which.
/// </summary>
public sealed class AssociationFuzzTests(ITestOutputHelper output)
{
    private const int Cap = 131072;

    /// <summary>What one conversation may allocate: some copies of itself, and never what a length in it claims.</summary>
    private const long MaxAllocated = 4 << 20;

    [Fact]
    public void A_mutated_conversation_ends_without_an_exception_and_within_the_cap()
    {
        int count = Number("PIPELINE_TEST_FUZZ", 20_000), first = Number("PIPELINE_TEST_SEED", 1);
        byte[][] conversations = [.. Conversations()];
        long worst = 0;
        for (int seed = first; seed < first + count; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = Mutate(conversations[random.Next(conversations.Length)], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Converse(bytes, random);
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            worst = Math.Max(worst, allocated);
            Assert.True(allocated < MaxAllocated, $"seed {seed}: {allocated} bytes allocated for {bytes.Length}");
        }
        output.WriteLine($"{count} conversations from seed {first}: at most {worst >> 10} KiB allocated for one");
    }

    [Fact]
    public void The_unchanged_conversations_are_good_ones()
    {
        Assert.Equal((2, 0, 1), Converse(Conversations().First(), new Random(1)));
        Assert.Equal((1, 1, 1), Converse(Conversations().Last(), new Random(1)));
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    private static IEnumerable<byte[]> Conversations()
    {
        byte[] associate = PduWriter.Write(new Pdu.AssociateRequest("PIPELINE", "PACS",
        [
            new PresentationContext(1, SopClasses.Verification, [TransferSyntax.ImplicitLittle.Uid]),
            new PresentationContext(3, SopClasses.ComputedRadiography, [TransferSyntax.ExplicitLittle.Uid, TransferSyntax.ImplicitLittle.Uid]),
            new PresentationContext(5, SopClasses.StorageCommitment, [TransferSyntax.ImplicitLittle.Uid]),
        ], 16384)
        {
            Items = new UserItems
            {
                Window = new AsynchronousOperations(4, 1),
                Roles = [new RoleSelection(SopClasses.StorageCommitment, true, false)],
                Extended = [new ExtendedNegotiation(SopClasses.ComputedRadiography, new byte[6])],
            },
        });
        byte[] release = PduWriter.Write(new Pdu.ReleaseRequest());
        byte[] dataSet = DicomWriter.WriteDataSet(TestImages.Gray("1.2.3", 16, 16, i => i), TransferSyntax.ExplicitLittle);
        byte[][] stores =
        [
            .. Enumerable.Range(1, 2).SelectMany(id => (Pdu[])
            [
                Data(3, true, true, DimseCommand.Store((ushort)id, SopClasses.ComputedRadiography, "1.2.3")),
                Data(3, false, false, dataSet.AsMemory(0, 100)), Data(3, false, true, dataSet.AsMemory(100)),
            ]).Select(PduWriter.Write),
        ];
        yield return [.. associate, .. stores.SelectMany(pdu => pdu), .. release];
        yield return
        [
            .. associate, .. PduWriter.Write(Data(1, true, true, DimseCommand.Echo(1))),
            .. PduWriter.Write(Data(5, true, true, DimseCommand.CommitmentAction(2))),
            .. PduWriter.Write(Data(5, false, true, DicomWriter.WriteDataSet(
                CommitmentReport.Request("1.2.9", [new SopReference(SopClasses.CT, "1.2.3")]), TransferSyntax.ImplicitLittle))),
            .. stores.Take(3).SelectMany(pdu => pdu), .. release,
        ];
    }

    private static Pdu.DataTransfer Data(byte context, bool command, bool last, ReadOnlyMemory<byte> bytes) =>
        new([new PresentationDataValue(context, command, last, bytes)]);

    private static byte[] Mutate(byte[] conversation, Random random)
    {
        List<byte> bytes = [.. conversation];
        for (int changes = 1 + random.Next(4); changes > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    bytes.Add(0);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 200), bytes.Count - at)));
                    break;
                case 4:
                    byte[] wild = random.Next(2) == 0 ? [0xFF, 0xFF, 0xFF, 0xFF] : [0x7F, 0xFF, 0xFF, 0xFF];
                    for (int i = 0; i < 4 && at + i < bytes.Count; i++)
                        bytes[at + i] = wild[i];
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.Add(0);
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>As the stage does it, with a store that keeps everything and answers at once.</summary>
    /// <returns>Instances stored, reports of storage commitment, releases.</returns>
    private static (int Stored, int Reported, int Released) Converse(byte[] bytes, Random random)
    {
        var decoder = new PduDecoder(Cap);
        var slots = new AssociationSlots(1);
        (int stored, int reported, int released) = (0, 0, 0);
        using (var acceptor = new AssociationAcceptor(
            new DicomServerSettings { MaxPduLength = Cap, MaxInstanceBytes = 1 << 20 }, new Sink(), slots, new AssociationOrigin(IPAddress.Loopback, false)))
        {
            int step = random.Next(1, 4096);
            bool closed = false;
            for (int at = 0; at < bytes.Length && !closed; at += step)
            {
                ReadOnlyMemory<byte> input = bytes.AsMemory(at, Math.Min(step, bytes.Length - at));
                while (!closed && decoder.Next(ref input) is { } frame)
                {
                    var effects = new Queue<AssociationEffect>(frame.Fault is { } fault ? acceptor.Malformed(fault) : acceptor.Received(frame.Pdu!));
                    closed = frame.Fault is not null;
                    while (effects.TryDequeue(out AssociationEffect? effect))
                    {
                        switch (effect)
                        {
                            case AssociationEffect.Append append:
                                ArrayPool<byte>.Shared.Return(append.Buffer);
                                break;
                            case AssociationEffect.Commit commit:
                                stored++;
                                foreach (AssociationEffect further in acceptor.Stored(commit.Request, DimseStatus.Success))
                                    effects.Enqueue(further);
                                break;
                            case AssociationEffect.Send send:
                                released += send.Pdu is Pdu.ReleaseResponse ? 1 : 0;
                                reported += IsReport(send.Pdu) ? 1 : 0;
                                Assert.NotEmpty(PduWriter.Write(send.Pdu));
                                break;
                            case AssociationEffect.Close:
                                closed = true;
                                break;
                        }
                    }
                }
            }
        }
        Assert.Equal(0, slots.Taken);
        return (stored, reported, released);
    }

    private static bool IsReport(Pdu pdu) => pdu is Pdu.DataTransfer { Values: [{ Command: true } value, ..] }
        && DimseCommand.Decode(value.Data).Value?.Int(DicomTags.CommandField) == DimseCommand.EventReportRequest;

    private sealed class Sink : IInstanceSink
    {
        public bool Congested => false;

        public bool Recognizes(string calledAe) => calledAe == "PIPELINE";

        public bool Stores(string calledAe) => true;

        public IInstanceUpload BeginUpload() => throw new NotSupportedException("The acceptor itself stores nothing.");

        public bool Holds(string sopInstanceUid) => sopInstanceUid == "1.2.3";
    }
}
