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
        AssociationEffect.Store store = Store(acceptor, "1.2.3", DataSet("1.2.3"));
        Assert.Equal(DataSet("1.2.3"), store.Instance.DataSet.SelectMany(block => block.ToArray()));
        Assert.Equal(("PACS", "PIPELINE", "1.2.3"), (store.Instance.CallingAe, store.Instance.CalledAe, store.Instance.SopInstanceUid));
        Assert.Equal(AssociationTimer.None, acceptor.Timer);
        Assert.Equal(0xB000, Status(acceptor.Stored(DimseStatus.Conflict)));
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

    private static AssociationAcceptor Acceptor(DicomServerSettings? settings = null, bool withinLimit = true, bool congested = false) =>
        new(settings ?? new DicomServerSettings(), new Sink(congested), () => withinLimit);

    private static byte[] DataSet(string uid) => DicomWriter.WriteDataSet(TestImages.Gray(uid, 16, 16, i => i), TransferSyntax.ExplicitLittle);

    private static Pdu.DataTransfer Data(byte context, bool command, bool last, ReadOnlyMemory<byte> bytes) =>
        new([new PresentationDataValue(context, command, last, bytes)]);

    private static IReadOnlyList<AssociationEffect> Send(AssociationAcceptor acceptor, string uid, byte[] dataSet)
    {
        acceptor.Received(Data(3, command: true, last: true, DimseCommand.Store(1, SopClasses.ComputedRadiography, uid)));
        IReadOnlyList<AssociationEffect> effects = [];
        for (int at = 0; at < dataSet.Length; at += 7)
            effects = acceptor.Received(Data(3, command: false, last: at + 7 >= dataSet.Length, dataSet.AsMemory(at, Math.Min(7, dataSet.Length - at))));
        return effects;
    }

    private static AssociationEffect.Store Store(AssociationAcceptor acceptor, string uid, byte[] dataSet) =>
        Assert.IsType<AssociationEffect.Store>(Assert.Single(Send(acceptor, uid, dataSet)));

    private static Pdu Sent(IReadOnlyList<AssociationEffect> effects) => Assert.Single(effects.OfType<AssociationEffect.Send>()).Pdu;

    private static string Noted(IReadOnlyList<AssociationEffect> effects) => Assert.Single(effects.OfType<AssociationEffect.Note>()).Message;

    private static int Status(IReadOnlyList<AssociationEffect> effects) =>
        DimseCommand.Decode(((Pdu.DataTransfer)Sent(effects)).Values[0].Data).Require().Int(DicomTags.Status)!.Value;

    private sealed class Sink(bool congested) : IInstanceSink
    {
        public bool Congested => congested;

        public bool Recognizes(string calledAe) => calledAe is "PIPELINE" or "ECHO-ONLY";

        public bool Stores(string calledAe) => calledAe == "PIPELINE";

        public Task<DimseStatus> StoreAsync(ReceivedInstance instance) => throw new NotSupportedException("The acceptor itself stores nothing.");
    }
}
