using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;

namespace Pipeline.Actors.Dicom;

/// <summary>What this project asks of a DICOM toolkit; another one plugs in here. The contract suite of the tests holds for each.</summary>
public interface IDicomToolkit
{
    /// <summary>Transfer syntaxes whose pixels this toolkit decodes here, the preferred first: what an association may accept.</summary>
    IReadOnlyList<string> Decodable { get; }

    /// <summary>Reads a Part 10 file or a bare data set from a stream.</summary>
    Task<Outcome<DicomFile>> ReadAsync(Stream stream, DicomReadLimits limits, CancellationToken cancellation);

    /// <summary>Reads a data set as C-STORE carries it.</summary>
    Outcome<DicomDataSet> ReadDataSet(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomReadLimits limits);

    /// <summary>Writes a Part 10 file in explicit little endian.</summary>
    Task WriteAsync(DicomDataSet dataSet, Stream stream, CancellationToken cancellation);

    /// <summary>Decodes one frame, its samples as stored: little endian, color by pixel, no color conversion.</summary>
    /// <param name="frame">0-based.</param>
    Outcome<NativePixels> DecodePixels(DicomDataSet dataSet, TransferSyntax syntax, int frame);

    /// <summary>Decodes one frame into gray values.</summary>
    /// <param name="frame">0-based.</param>
    Outcome<NativeFrame> DecodeFrame(DicomDataSet dataSet, TransferSyntax syntax, int frame)
    {
        Outcome<NativePixels> pixels = DecodePixels(dataSet, syntax, frame);
        return pixels.Ok ? Grayscale.Of(pixels.Value, dataSet) : pixels.Fault;
    }
}
