using System.Net;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>The acceptor without socket or clock.</summary>
public sealed class AssociationAcceptorTests
{
    private static readonly Pdu.AssociateRequest Request = new("PIPELINE", "PACS",
        [new PresentationContext(1, SopClasses.Verification, ["1.2.840.10008.1.2"]),
         new PresentationContext(3, SopClasses.ComputedRadiography, ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"]),
         new PresentationContext(5, SopClasses.CT, ["1.2.840.10008.1.2.4.70"]),
         new PresentationContext(7, "1.2.840.10008.5.1.4.1.2.2.1", ["1.2.840.10008.1.2"])], 16384);

    [Fact]
    public void Contexts_are_accepted_with_explicit_little_endian_preferred_and_refused_by_reason()
    {
        using AssociationAcceptor acceptor = Acceptor();
        var accept = (Pdu.AssociateAccept)Sent(acceptor.Received(Request));
        Assert.Equal(
            [(ContextResult.Acceptance, "1.2.840.10008.1.2"), (ContextResult.Acceptance, "1.2.840.10008.1.2.1"),
             (ContextResult.TransferSyntaxesNotSupported, "1.2.840.10008.1.2"), (ContextResult.AbstractSyntaxNotSupported, "1.2.840.10008.1.2")],
            accept.Contexts.Select(c => (c.Result, c.TransferSyntax)));
        Assert.Equal(AssociationTimer.Idle, acceptor.Timer);
    }

    [Fact]
    public void A_class_that_no_context_lets_in_is_noted_with_its_reason_for_the_operator()
    {
        using AssociationAcceptor acceptor = Acceptor();
        Assert.Equal(
            "Refused SOP class 1.2.840.10008.5.1.4.1.1.2 and 1 more of 'PACS': JPEG lossless cannot be decoded; have it sent uncompressed.",
            Noted(acceptor.Received(Request)));
    }

    [Fact]
    public void An_unknown_title_is_rejected_for_good_and_the_note_says_where_titles_are_set()
    {
        using AssociationAcceptor acceptor = Acceptor();
        IReadOnlyList<AssociationEffect> effects = acceptor.Received(Request with { CalledAe = "NOBODY" });
        Assert.Equal(new Pdu.AssociateReject(RejectResult.Permanent, RejectSource.User, Reasons.CalledAeNotRecognized), Sent(effects));
        Assert.Contains("'NOBODY' is neither pipeline.dicom.ae-title nor a pipeline.chains.NAME.ae-title", Noted(effects), StringComparison.Ordinal);
    }

    [Fact]
    public void A_title_without_a_chain_answers_C_ECHO_and_refuses_storage_in_negotiation()
    {
        using AssociationAcceptor acceptor = Acceptor();
        IReadOnlyList<AssociationEffect> effects = acceptor.Received(Request with { CalledAe = "ECHO-ONLY" });
        Assert.Equal(
            [ContextResult.Acceptance, ContextResult.AbstractSyntaxNotSupported, ContextResult.AbstractSyntaxNotSupported, ContextResult.AbstractSyntaxNotSupported],
            ((Pdu.AssociateAccept)Sent(effects)).Contexts.Select(c => c.Result));
        Assert.Contains("no chain takes images under 'ECHO-ONLY'", Noted(effects), StringComparison.Ordinal);
        Assert.Equal(0, Status(acceptor.Received(Data(1, command: true, last: true, DimseCommand.Echo(9)))));
    }

    [Fact]
    public void What_a_peer_writes_into_titles_and_UIDs_cannot_forge_a_line_of_the_log()
    {
        byte[] pdu = PduWriter.Write(Request with { CalledAe = "X\r\n\u001b[2J" });
        var read = (Pdu.AssociateRequest)PduReader.ReadBody(pdu[0], pdu.AsMemory(PduReader.HeaderLength)).Require();
        Assert.Equal("X???[2J", read.CalledAe);
    }

    [Fact]
    public void Beyond_the_limit_and_under_congestion_the_rejection_is_transient()
    {
        using AssociationAcceptor full = Acceptor(withinLimit: false), congested = Acceptor(congested: true);
        Assert.Equal(new Pdu.AssociateReject(RejectResult.Transient, RejectSource.Presentation, Reasons.LocalLimitExceeded), Sent(full.Received(Request)));
        Assert.Equal(new Pdu.AssociateReject(RejectResult.Transient, RejectSource.Presentation, Reasons.TemporaryCongestion), Sent(congested.Received(Request)));
        Assert.Equal(AssociationTimer.Artim, full.Timer);
    }

    [Fact]
    public void An_instance_in_many_small_values_is_stored_whole_and_answered_with_the_stores_status()
    {
        using AssociationAcceptor acceptor = Acceptor();
        acceptor.Received(Request);
        (AssociationEffect.Commit commit, byte[] stored) = Store(acceptor, "1.2.3", DataSet("1.2.3"));
        Assert.Equal(DataSet("1.2.3"), stored);
        Assert.Equal(("PACS", "PIPELINE", "1.2.3"), (commit.Instance.CallingAe, commit.Instance.CalledAe, commit.Instance.SopInstanceUid));
        Assert.Equal(AssociationTimer.None, acceptor.Timer);
        Assert.False(acceptor.MayReceive);
        Assert.Equal(0xB000, Status(acceptor.Stored(commit.Request, DimseStatus.Conflict)));
        Assert.True(acceptor.MayReceive);
    }

    [Theory]
    [InlineData("1.2.3", "1.2.4", 0xC000)]
    [InlineData("", "1.2.3", 0xC000)]
    public void A_data_set_that_contradicts_its_command_is_not_stored(string commandUid, string dataSetUid, int status)
    {
        using AssociationAcceptor acceptor = Acceptor();
        acceptor.Received(Request);
        IReadOnlyList<AssociationEffect> effects = Send(acceptor, commandUid, DataSet(dataSetUid));
        Assert.Equal(status, Status(effects));
        Assert.Contains(effects, effect => effect is AssociationEffect.Abandon);
        Assert.DoesNotContain(effects, effect => effect is AssociationEffect.Append or AssociationEffect.Commit);
        Assert.StartsWith("An instance of 'PACS' was refused, nothing was kept: C000", Noted(effects), StringComparison.Ordinal);
    }

    [Fact]
    public void An_instance_above_the_limit_gets_A700_and_the_association_goes_on()
    {
        using AssociationAcceptor acceptor = Acceptor(new DicomServerSettings { MaxInstanceBytes = 100 });
        acceptor.Received(Request);
        Assert.Equal(0xA700, Status(Send(acceptor, "1.2.3", DataSet("1.2.3"))));
        Assert.Equal(0, Status(acceptor.Received(Data(1, command: true, last: true, DimseCommand.Echo(9)))));
    }

    [Fact]
    public void Data_on_a_refused_context_a_second_request_and_silence_end_in_an_abort()
    {
        using AssociationAcceptor context = Acceptor(), twice = Acceptor(), silent = Acceptor();
        foreach (AssociationAcceptor acceptor in new[] { context, twice, silent })
            acceptor.Received(Request);
        Assert.IsType<Pdu.Abort>(Sent(context.Received(Data(5, command: true, last: true, DimseCommand.Echo(1)))));
        Assert.IsType<Pdu.Abort>(Sent(twice.Received(Request)));
        IReadOnlyList<AssociationEffect> effects = silent.TimedOut();
        Assert.IsType<Pdu.Abort>(Sent(effects));
        Assert.Contains(effects, effect => effect is AssociationEffect.Close);
    }

    [Fact]
    public void As_many_stores_as_negotiated_may_be_outstanding_and_release_waits_for_their_answers()
    {
        using AssociationAcceptor acceptor = Acceptor(new DicomServerSettings { MaxOperations = 2 });
        var accept = (Pdu.AssociateAccept)Sent(acceptor.Received(Request with { Items = new UserItems { Window = new AsynchronousOperations(0, 1) } }));
        Assert.Equal(new AsynchronousOperations(2, 1), accept.Items.Window);
        (AssociationEffect.Commit first, _) = Store(acceptor, "1.2.3", DataSet("1.2.3"), messageId: 1);
        Assert.True(acceptor.MayReceive);
        Assert.Empty(acceptor.Received(new Pdu.ReleaseRequest()));
        Assert.Equal(AssociationTimer.None, acceptor.Timer);

        using AssociationAcceptor other = Acceptor(new DicomServerSettings { MaxOperations = 2 });
        other.Received(Request with { Items = new UserItems { Window = new AsynchronousOperations(5, 1) } });
        (AssociationEffect.Commit one, _) = Store(other, "1.2.3", DataSet("1.2.3"), messageId: 1);
        (AssociationEffect.Commit two, _) = Store(other, "1.2.4", DataSet("1.2.4"), messageId: 2);
        Assert.False(other.MayReceive);
        Assert.Equal(2, RespondedTo(other.Stored(two.Request, DimseStatus.Success)));
        Assert.Equal(1, RespondedTo(other.Stored(one.Request, DimseStatus.Success)));

        IReadOnlyList<AssociationEffect> last = acceptor.Stored(first.Request, DimseStatus.Success);
        Assert.IsType<Pdu.ReleaseResponse>(((AssociationEffect.Send)last[^1]).Pdu);
    }

    [Theory]
    [InlineData("PACS", "10.1.2.3", true, "PIPELINE", null)]
    [InlineData("PACS", "10.2.2.3", true, "PIPELINE", "hosts")]
    [InlineData("PACS", "10.1.2.3", false, "PIPELINE", "tls")]
    [InlineData("PACS", "10.1.2.3", true, "ECHO-ONLY", "called")]
    [InlineData("STRANGER", "10.1.2.3", true, "PIPELINE", "unknown-peers")]
    public void Who_may_call_from_where_how_and_whom_is_the_peers_policy(string calling, string host, bool secure, string called, string? key)
    {
        var settings = new DicomServerSettings
        {
            AcceptUnknownPeers = false,
            Peers = [new DicomPeer("PACS") { Hosts = [IPNetwork.Parse("10.1.0.0/16")], CalledTitles = ["PIPELINE"], RequireTls = true }],
        };
        using AssociationAcceptor acceptor = Acceptor(settings, origin: new AssociationOrigin(IPAddress.Parse(host), secure));
        IReadOnlyList<AssociationEffect> effects = acceptor.Received(Request with { CalledAe = called, CallingAe = calling });
        if (key is null)
        {
            Assert.IsType<Pdu.AssociateAccept>(Sent(effects));
            return;
        }
        byte reason = key == "called" ? Reasons.CalledAeNotRecognized : Reasons.CallingAeNotRecognized;
        Assert.Equal(new Pdu.AssociateReject(RejectResult.Permanent, RejectSource.User, reason), Sent(effects));
        Assert.Contains(key, Noted(effects), StringComparison.Ordinal);
        Assert.False(acceptor.Admitted);
    }

    [Fact]
    public void Storage_commitment_is_reported_from_what_is_held_on_the_association_that_asked()
    {
        using AssociationAcceptor acceptor = Acceptor();
        acceptor.Received(Request with
        {
            Contexts = [new PresentationContext(1, SopClasses.StorageCommitment, [TransferSyntax.ImplicitLittle.Uid])],
        });
        SopReference held = new(SopClasses.CT, "1.2.3"), missing = new(SopClasses.MR, "9.9");
        acceptor.Received(Data(1, command: true, last: true, DimseCommand.CommitmentAction(4)));
        Pdu.DataTransfer[] sent =
        [
            .. acceptor.Received(Data(1, command: false, last: true,
                DicomWriter.WriteDataSet(CommitmentReport.Request("1.2.99", [held, missing]), TransferSyntax.ImplicitLittle)))
                .OfType<AssociationEffect.Send>().Select(send => (Pdu.DataTransfer)send.Pdu),
        ];
        Assert.Equal(3, sent.Length);
        DicomDataSet response = DimseCommand.Decode(sent[0].Values[0].Data).Require(), report = DimseCommand.Decode(sent[1].Values[0].Data).Require();
        Assert.Equal((0x8130, 0), (response.Int(DicomTags.CommandField), response.Int(DicomTags.Status)));
        Assert.Equal((0x0100, SopClasses.StorageCommitmentInstance), (report.Int(DicomTags.CommandField), report.Text(DicomTags.AffectedSopInstanceUid)));
        CommitmentReport read = CommitmentReport.Read(DicomReader.ReadDataSet(sent[2].Values[0].Data, TransferSyntax.ImplicitLittle).Require())!;
        Assert.Equal(("1.2.99", held, missing), (read.TransactionUid, Assert.Single(read.Held), Assert.Single(read.Missing)));
        Assert.Equal(2, read.EventType);
    }

    [Fact]
    public void Another_application_context_is_rejected_by_that_name()
    {
        using AssociationAcceptor acceptor = Acceptor();
        Assert.Equal(new Pdu.AssociateReject(RejectResult.Permanent, RejectSource.User, Reasons.ApplicationContextNotSupported),
            Sent(acceptor.Received(Request with { ApplicationContext = "1.2.3" })));
    }

    private static int RespondedTo(IReadOnlyList<AssociationEffect> effects) =>
        DimseCommand.Decode(((Pdu.DataTransfer)Sent(effects)).Values[0].Data).Require().Int(DicomTags.MessageIdBeingRespondedTo)!.Value;

    private static AssociationAcceptor Acceptor(DicomServerSettings? settings = null, bool withinLimit = true, bool congested = false, AssociationOrigin? origin = null) =>

        new(settings ?? new DicomServerSettings(), new Sink(congested), new AssociationSlots(withinLimit ? 1 : 0),
            origin ?? new AssociationOrigin(IPAddress.Loopback, Secure: false));

    private static byte[] DataSet(string uid) => DicomWriter.WriteDataSet(TestImages.Gray(uid, 16, 16, i => i), TransferSyntax.ExplicitLittle);

    private static Pdu.DataTransfer Data(byte context, bool command, bool last, ReadOnlyMemory<byte> bytes) =>
        new([new PresentationDataValue(context, command, last, bytes)]);

    /// <summary>Everything it does from the first fragment to the last.</summary>
    private static List<AssociationEffect> Send(AssociationAcceptor acceptor, string uid, byte[] dataSet, ushort messageId = 1)
    {
        List<AssociationEffect> effects =
            [.. acceptor.Received(Data(3, command: true, last: true, DimseCommand.Store(messageId, SopClasses.ComputedRadiography, uid)))];
        for (int at = 0; at < dataSet.Length; at += 7)
            effects.AddRange(acceptor.Received(Data(3, command: false, last: at + 7 >= dataSet.Length, dataSet.AsMemory(at, Math.Min(7, dataSet.Length - at)))));
        return effects;
    }

    private static (AssociationEffect.Commit Commit, byte[] Stored) Store(AssociationAcceptor acceptor, string uid, byte[] dataSet, ushort messageId = 1)
    {
        List<AssociationEffect> effects = Send(acceptor, uid, dataSet, messageId);
        var commit = Assert.IsType<AssociationEffect.Commit>(effects[^1]);
        return (commit, [.. effects.SkipLast(1).Cast<AssociationEffect.Append>().SelectMany(append => append.Buffer.Take(append.Length))]);
    }

    private static Pdu Sent(IReadOnlyList<AssociationEffect> effects) => Assert.Single(effects.OfType<AssociationEffect.Send>()).Pdu;

    private static string Noted(IReadOnlyList<AssociationEffect> effects) => Assert.Single(effects.OfType<AssociationEffect.Note>()).Message;

    private static int Status(IReadOnlyList<AssociationEffect> effects) =>
        DimseCommand.Decode(((Pdu.DataTransfer)Sent(effects)).Values[0].Data).Require().Int(DicomTags.Status)!.Value;

    private sealed class Sink(bool congested) : IInstanceSink
    {
        public bool Congested => congested;

        public bool Recognizes(string calledAe) => calledAe is "PIPELINE" or "ECHO-ONLY";

        public bool Stores(string calledAe) => calledAe == "PIPELINE";

        public IInstanceUpload BeginUpload() => throw new NotSupportedException("The acceptor itself stores nothing.");

        public bool Holds(string sopInstanceUid) => sopInstanceUid.StartsWith("1.2.", StringComparison.Ordinal);
    }
}
