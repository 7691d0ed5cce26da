using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;

namespace Pipeline.Actors.Dicom;

/// <summary>The toolkit of this project's own: restores anywhere. JPEG-LS and JPEG 2000 need a native library, which is named where it is missing.</summary>
public sealed class EmbeddedToolkit : IDicomToolkit
{
    private const int ChunkSize = 81920;

    public IReadOnlyList<string> Decodable => TransferSyntaxes.Decodable;

    public async Task<Outcome<DicomFile>> ReadAsync(Stream stream, DicomReadLimits limits, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        byte[] chunk = new byte[ChunkSize];
        while (await stream.ReadAsync(chunk, cancellation).ConfigureAwait(false) is > 0 and int count)
        {
            if (bytes.Length + count > limits.MaxBytes)
                return new Fault($"The file is larger than the limit of {limits.MaxBytes} bytes.", limits.MaxBytes);
            bytes.Write(chunk, 0, count);
        }
        return DicomReader.ReadFile(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), limits);
    }

    public Outcome<DicomDataSet> ReadDataSet(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomReadLimits limits) =>
        DicomReader.ReadDataSet(bytes, syntax, limits);

    public async Task WriteAsync(DicomDataSet dataSet, Stream stream, CancellationToken cancellation) =>
        await stream.WriteAsync(DicomWriter.WriteFile(dataSet), cancellation).ConfigureAwait(false);

    public Outcome<NativePixels> DecodePixels(DicomDataSet dataSet, TransferSyntax syntax, int frame)
    {
        Outcome<FrameDecoder> decoder = FrameDecoder.Open(dataSet, syntax);
        return decoder.Ok ? decoder.Value.Decode(frame) : decoder.Fault;
    }
}
