using System.Globalization;
using System.Net;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Dicom.Pixels;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>What DCMTK encodes and proposes, in each transfer syntax that it can, is taken as it is and decodes to the pixels that it was made from.</summary>
public sealed class DcmtkSyntaxTests : PatientTestKit
{
    private readonly ITestOutputHelper _output;
    private readonly TestFolder _folder = new();
    private readonly InstanceSpool _spool;
    private readonly DicomServer _server;
    private readonly IDicomToolkit _toolkit = new EmbeddedToolkit();

    public DcmtkSyntaxTests(ITestOutputHelper output)
    {
        _output = output;
        _spool = InstanceSpool.Open(new SpoolSettings(_folder.Sub("spool"), 1 << 20, 0, 1000), new DiskFileSystem(), TimeProvider.System);
        _server = DicomServer.Start(
            Sys, new DicomServerSettings { Address = IPAddress.Loopback, TransferSyntaxes = _toolkit.Decodable }, new SpoolSink(_spool, "PIPELINE")).Require();
    }

    [Theory]
    [InlineData("-xi", "1.2.840.10008.1.2", "dcmconv", "+ti")]
    [InlineData("-xe", "1.2.840.10008.1.2.1", "dcmconv", "+te")]
    [InlineData("-xb", "1.2.840.10008.1.2.2", "dcmconv", "+tb")]
    [InlineData("-xd", "1.2.840.10008.1.2.1.99", "dcmconv", "+td")]
    [InlineData("-xr", "1.2.840.10008.1.2.5", "dcmcrle")]
    [InlineData("-xs", "1.2.840.10008.1.2.4.70", "dcmcjpeg", "+e1")]
    [InlineData("-xt", "1.2.840.10008.1.2.4.80", "dcmcjpls", "+el")]
    public async Task An_instance_is_proposed_taken_and_decoded(string proposal, string syntax, string encoder, params string[] options)
    {
        if (!Dcmtk.Present(_output))
            return;
        if (!_toolkit.Decodable.Contains(syntax))
        {
            _output.WriteLine($"NOT CHECKED: no decoder for {syntax} is installed.");
            return;
        }
        DicomDataSet image = TestImages.Gray("1.2.3.4", 64, 48, i => i * 7 % 4096);
        string plain = TestImages.Write(_folder.Path, image), encoded = Path.Combine(_folder.Path, "encoded.dcm");
        (int exit, string text) = await Dcmtk.RunAsync(encoder, [.. options, plain, encoded]);
        Assert.True(exit == 0, text);
        (exit, text) = await Dcmtk.RunAsync(
            "storescu", "-v", proposal, "-aec", "PIPELINE", "127.0.0.1", _server.Port.ToString(CultureInfo.InvariantCulture), encoded);
        Assert.True(exit == 0, text);
        SpoolRecord record = _spool.ReadFrom(0).TryRead()!;
        Assert.Equal(syntax, record.TransferSyntaxUid);
        TransferSyntax sent = TransferSyntax.Of(record.TransferSyntaxUid);
        DicomDataSet held = _toolkit.ReadDataSet(record.DataSet, sent, new DicomReadLimits()).Require();
        NativeFrame was = _toolkit.DecodeFrame(image, TransferSyntax.ExplicitLittle, 0).Require(), found = _toolkit.DecodeFrame(held, sent, 0).Require();
        Assert.Equal(was.Values, found.Values);
    }

    protected override void AfterAll()
    {
        _server.KillAsync().Wait(TimeSpan.FromSeconds(10));
        _spool.Dispose();
        base.AfterAll();
        _folder.Dispose();
    }
}
