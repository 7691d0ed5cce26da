using System.Net;
using System.Text.RegularExpressions;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Dicom.Pixels;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>docs/reference/dicom-conformance.md says of classes and syntaxes what the code does.</summary>
public sealed partial class ConformanceStatementTests
{
    private static readonly string Statement = File.ReadAllText(Path.Combine(Repository.Folder("docs"), "reference", "dicom-conformance.md"));

    [Fact]
    public void Its_transfer_syntaxes_are_those_that_have_a_decoder_in_their_order()
    {
        string[] stated = Uids("### Transfer syntaxes");
        Assert.All(stated, uid => Assert.True(TransferSyntaxes.IsKnown(uid), uid));
        Assert.Equal(TransferSyntaxes.Decodable, stated.Where(TransferSyntaxes.IsDecodable));
    }

    [Fact]
    public void Its_SOP_classes_are_those_that_are_accepted()
    {
        string[] stated = Uids("### SOP classes");
        Assert.Equal([SopClasses.Verification, SopClasses.StorageCommitment, SopClasses.StorageRoot], stated);
        Assert.All([stated[0], stated[1], stated[2] + "2", stated[2] + "88.11", stated[2] + "7.1"], uid => Assert.Equal(ContextResult.Acceptance, Answer(uid)));
        // Patient Root FIND, Modality Worklist, MPPS, Storage Commitment Pull (retired).
        Assert.All(["1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.31", "1.2.840.10008.3.1.2.3.3", "1.2.840.10008.1.20.2"],
            uid => Assert.Equal(ContextResult.AbstractSyntaxNotSupported, Answer(uid)));
    }

    [Fact]
    public void It_names_the_implementation()
    {
        Assert.Contains($"`{PduWriter.ImplementationClassUid}`", Statement, StringComparison.Ordinal);
        Assert.Contains($"`{PduWriter.ImplementationVersion}`", Statement, StringComparison.Ordinal);
    }

    private static string[] Uids(string section)
    {
        string text = Statement[Statement.IndexOf(section, StringComparison.Ordinal)..];
        text = text[..text.IndexOf("\n#", 1, StringComparison.Ordinal)];
        return [.. Uid().Matches(text).Select(match => match.Groups[1].Value)];
    }

    private static ContextResult Answer(string abstractSyntax)
    {
        using var acceptor = new AssociationAcceptor(new DicomServerSettings(), new Sink(), new AssociationSlots(1), new AssociationOrigin(IPAddress.Loopback, false));
        var request = new Pdu.AssociateRequest("SITE", "TEST", [new PresentationContext(1, abstractSyntax, ["1.2.840.10008.1.2"])], 16384);
        return ((Pdu.AssociateAccept)acceptor.Received(request).OfType<AssociationEffect.Send>().Single().Pdu).Contexts.Single().Result;
    }

    [GeneratedRegex(@"^\|[^|]*\| `(1\.2\.840\.10008\.[0-9.]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Uid();

    private sealed class Sink : IInstanceSink
    {
        public bool Congested => false;

        public bool Recognizes(string calledAe) => true;

        public bool Stores(string calledAe) => true;

        public IInstanceUpload BeginUpload() => throw new NotSupportedException("Nothing is stored here.");

        public bool Holds(string sopInstanceUid) => false;
    }
}
