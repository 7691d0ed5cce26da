using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using DicomFile = Pipeline.Actors.Dicom.DataSets.DicomFile;
using Fo = FellowOakDicom;

namespace Pipeline.Dicom.FoDicom;

/// <summary>
/// fo-dicom (5.1 and later) behind the seam. A hospital's own dictionaries, anonymizers and codecs are set up by <see cref="DicomSetupBuilder"/> before.
/// Compressed frames need its codecs (package fo-dicom.Codecs) for what its core does not decode.
/// </summary>
public sealed class FoDicomToolkit : IDicomToolkit
{
    private static readonly DicomTransferSyntax[] Candidates =
    [
        DicomTransferSyntax.ExplicitVRLittleEndian, DicomTransferSyntax.ImplicitVRLittleEndian, DicomTransferSyntax.ExplicitVRBigEndian,
        DicomTransferSyntax.DeflatedExplicitVRLittleEndian, DicomTransferSyntax.RLELossless, DicomTransferSyntax.JPEGProcess14SV1,
        DicomTransferSyntax.JPEGProcess14, DicomTransferSyntax.JPEGProcess1, DicomTransferSyntax.JPEGProcess2_4, DicomTransferSyntax.JPEGLSLossless,
        DicomTransferSyntax.JPEGLSNearLossless, DicomTransferSyntax.JPEG2000Lossless, DicomTransferSyntax.JPEG2000Lossy,
    ];

    /// <summary>The manager that <see cref="DicomSetupBuilder"/> was given; where it was given none, that of fo-dicom's core.</summary>
    public ITranscoderManager Codecs { get; init; } = new DefaultTranscoderManager();

    public IReadOnlyList<string> Decodable =>
        [.. Candidates.Where(syntax => !syntax.IsEncapsulated || Codecs.HasCodec(syntax)).Select(syntax => syntax.UID.UID)];

    public async Task<Outcome<DicomFile>> ReadAsync(Stream stream, DicomReadLimits limits, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        byte[] chunk = new byte[81920];
        while (await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false) is > 0 and int count)
        {
            if (bytes.Length + count > limits.MaxBytes)
                return new Fault($"The file is larger than the limit of {limits.MaxBytes} bytes.", limits.MaxBytes);
            bytes.Write(chunk, 0, count);
        }
        return Open(bytes);
    }

    public Outcome<DicomDataSet> ReadDataSet(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomReadLimits limits)
    {
        if (bytes.Length > limits.MaxBytes)
            return new Fault($"The data set has {bytes.Length} bytes, more than the limit of {limits.MaxBytes}.");
        using var file = new MemoryStream();
        // fo-dicom reads files: a meta group names the syntax, and its class and instance are not looked at.
        file.Write(DicomWriter.WriteMeta("1.2.840.10008.1.1", "2.25.0", syntax.Uid));
        file.Write(bytes.Span);
        Outcome<DicomFile> read = Open(file);
        return read.Ok ? read.Value.DataSet : read.Fault;
    }

    public async Task WriteAsync(DicomDataSet dataSet, Stream stream, CancellationToken cancellation)
    {
        using var source = new MemoryStream(DicomWriter.WriteFile(dataSet), writable: false);
        Fo.DicomFile file = await Fo.DicomFile.OpenAsync(source, FileReadOption.ReadAll).ConfigureAwait(false);
        using var written = new MemoryStream();
        await file.SaveAsync(written).ConfigureAwait(false);
        await stream.WriteAsync(written.GetBuffer().AsMemory(0, (int)written.Length), cancellation).ConfigureAwait(false);
    }

    public Outcome<NativePixels> DecodePixels(DicomDataSet dataSet, TransferSyntax syntax, int frame)
    {
        Outcome<PixelFormat> format = PixelFormat.Read(dataSet);
        if (!format.Ok)
            return format.Fault;
        if (frame < 0 || frame >= format.Value.Frames)
            return new Fault($"Frame {frame + 1} of {format.Value.Frames}.");
        try
        {
            using var source = new MemoryStream(DicomWriter.WriteFile(dataSet, syntax), writable: false);
            DicomDataset read = Fo.DicomFile.Open(source, FileReadOption.ReadAll).Dataset;
            if (read.InternalTransferSyntax.IsEncapsulated)
                read = read.Clone(DicomTransferSyntax.ExplicitVRLittleEndian);
            DicomPixelData pixels = DicomPixelData.Create(read);
            PixelFormat decoded = format.Value with { Planar = pixels.PlanarConfiguration == PlanarConfiguration.Planar };
            return new NativePixels(decoded with { Planar = false }, Interleave.ByPixel(pixels.GetFrame(frame).Data, decoded));
        }
        catch (Exception e) when (IsOfTheInput(e))
        {
            return new Fault($"fo-dicom cannot decode the frame: {e.Message.TrimEnd('.')}.");
        }
    }

    private static Outcome<DicomFile> Open(MemoryStream bytes)
    {
        try
        {
            bytes.Position = 0;
            Fo.DicomFile file = Fo.DicomFile.Open(bytes, FileReadOption.ReadAll);
            if (file.IsPartial || file.Format is DicomFileFormat.Unknown)
                return new Fault("fo-dicom reads the data set in part alone: it is cut or malformed.", bytes.Position);
            return new DicomFile(
                FoDicomDataSets.ToOurs(file.FileMetaInfo), TransferSyntax.Of(file.Dataset.InternalTransferSyntax.UID.UID),
                FoDicomDataSets.ToOurs(file.Dataset));
        }
        catch (Exception e) when (IsOfTheInput(e))
        {
            return new Fault($"fo-dicom cannot read the data set: {e.Message.TrimEnd('.')}.", bytes.Position);
        }
    }

    /// <summary>What malformed input makes fo-dicom throw; it has one exception for its own complaints and lets others through.</summary>
    private static bool IsOfTheInput(Exception e) =>
        e is DicomException or IOException or ArgumentException or InvalidOperationException or IndexOutOfRangeException or NotSupportedException
            or NullReferenceException or OverflowException or FormatException;
}
