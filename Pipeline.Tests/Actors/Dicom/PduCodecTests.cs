using CsCheck;
using Pipeline.Actors.Dicom.Network;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom;

public sealed class PduCodecTests
{
    private const int Cap = 131072;

    [Fact]
    public void Golden_bytes_of_release_abort_reject_and_data()
    {
        Assert.Equal("05000000000400000000", Convert.ToHexString(PduWriter.Write(new Pdu.ReleaseRequest())));
        Assert.Equal("06000000000400000000", Convert.ToHexString(PduWriter.Write(new Pdu.ReleaseResponse())));
        Assert.Equal("07000000000400000201", Convert.ToHexString(PduWriter.Write(new Pdu.Abort(AbortSource.Provider, 1))));
        Assert.Equal("03000000000400020302", Convert.ToHexString(
            PduWriter.Write(new Pdu.AssociateReject(RejectResult.Transient, RejectSource.Presentation, Reasons.LocalLimitExceeded))));
        Assert.Equal("040000000008" + "00000004" + "0103" + "AABB", Convert.ToHexString(
            PduWriter.Write(new Pdu.DataTransfer([new PresentationDataValue(1, Command: true, Last: true, new byte[] { 0xAA, 0xBB })]))));
    }

    [Fact]
    public void Golden_bytes_of_an_echo_command() => Assert.Equal(
        "0000000004000000" + "38000000"
        + "0000020012000000" + Convert.ToHexString("1.2.840.10008.1.1\0"u8)
        + "00000001020000003000" + "00001001020000000700" + "00000008020000000101",
        Convert.ToHexString(DimseCommand.Echo(7)));

    [Fact]
    public void An_association_request_reads_back_however_the_bytes_are_cut()
    {
        var request = new Pdu.AssociateRequest("CALLED", "CALLING",
            [new PresentationContext(1, SopClasses.Verification, ["1.2.840.10008.1.2"]),
             new PresentationContext(3, SopClasses.CT, ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])], 65536);
        byte[] bytes = [.. PduWriter.Write(request), .. PduWriter.Write(new Pdu.ReleaseRequest())];
        Gen.Int[1, 40].Sample(step =>
        {
            var decoder = new PduDecoder(Cap);
            var found = new List<Pdu>();
            foreach (byte[] chunk in bytes.Chunk(step))
            {
                ReadOnlyMemory<byte> input = chunk;
                while (decoder.Next(ref input) is { } frame)
                    found.Add(frame.Pdu!);
            }
            var read = Assert.IsType<Pdu.AssociateRequest>(found[0]);
            Assert.Equal(("CALLED", "CALLING", 65536), (read.CalledAe, read.CallingAe, read.MaxLength));
            Assert.Equal(request.Contexts.Select(c => (c.Id, c.AbstractSyntax, string.Join('|', c.TransferSyntaxes))),
                read.Contexts.Select(c => (c.Id, c.AbstractSyntax, string.Join('|', c.TransferSyntaxes))));
            Assert.IsType<Pdu.ReleaseRequest>(found[1]);
        });
    }

    [Fact]
    public void User_items_read_back_and_a_passcode_is_not_kept()
    {
        var items = new UserItems
        {
            Window = new AsynchronousOperations(8, 1),
            Roles = [new RoleSelection(SopClasses.StorageCommitment, Scu: false, Scp: true)],
            Extended = [new ExtendedNegotiation(SopClasses.CT, new byte[] { 2, 0, 3 })],
        };
        byte[] pdu = PduWriter.Write(new Pdu.AssociateRequest("CALLED", "CALLING", [], 16384) { Items = items });
        // The user identity (PS3.7 D.3.3.7): type 2, a response is asked for, "user" and "pass"; behind the others in the last item.
        byte[] identity = [0x58, 0, 0, 14, 2, 1, 0, 4, .. "user"u8, 0, 4, .. "pass"u8];
        byte[] body = [.. pdu[6..], .. identity];
        int user = Array.LastIndexOf(body, (byte)0x50, body.Length - identity.Length - 1);
        while (body[user + 1] != 0 || (body[user + 2] << 8 | body[user + 3]) != body.Length - identity.Length - user - 4)
            user = Array.LastIndexOf(body, (byte)0x50, user - 1);
        body[user + 3] += (byte)identity.Length;
        UserItems read = ((Pdu.AssociateRequest)PduReader.ReadBody(1, body).Require()).Items;
        Assert.Equal((items.Window, items.Roles[0], items.Extended[0].SopClassUid), (read.Window, Assert.Single(read.Roles), Assert.Single(read.Extended).SopClassUid));
        Assert.Equal([2, 0, 3], read.Extended[0].Information.ToArray());
        Assert.Equal(new UserIdentity(2, ResponseRequested: true), read.Identity);
    }

    [Fact]
    public void A_length_beyond_the_cap_is_refused_at_the_header()
    {
        ReadOnlyMemory<byte> input = new byte[] { 4, 0, 0xFF, 0xFF, 0xFF, 0xFF };
        PduFrame frame = new PduDecoder(Cap).Next(ref input)!.Value;
        Assert.Contains("4294967295", frame.Fault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_body_of_any_type_is_a_PDU_or_a_fault_and_never_an_exception() =>
        Gen.Select(Gen.Byte[1, 7], Gen.Byte.Array[0, 300]).Sample((type, body) =>
        {
            byte[] bytes = type is 3 or 5 or 6 or 7 ? body.Concat(new byte[4]).Take(4).ToArray() : body;
            Outcome(type, bytes);
        }, iter: 20_000);

    [Fact]
    public void A_request_with_any_byte_changed_is_a_PDU_or_a_fault_and_never_an_exception()
    {
        byte[] whole = PduWriter.Write(new Pdu.AssociateRequest("CALLED", "CALLING",
            [new PresentationContext(1, SopClasses.CT, ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])], 65536))[6..];
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] changed = [.. whole];
            changed[at] = value;
            Outcome(1, changed);
        }, iter: 20_000);
    }

    private static void Outcome(byte type, byte[] body)
    {
        Pipeline.Actors.Dicom.Outcome<Pdu> pdu = PduReader.ReadBody(type, body);
        Assert.True(pdu.Value is not null ^ pdu.Fault is not null);
    }
}
