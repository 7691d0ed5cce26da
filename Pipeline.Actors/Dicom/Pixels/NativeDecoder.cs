using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>One frame of a data set, whatever its transfer syntax, as gray values.</summary>
public static class NativeDecoder
{
    /// <param name="frame">0-based.</param>
    public static Outcome<NativeFrame> Decode(DicomDataSet dataSet, TransferSyntax syntax, int frame)
    {
        Outcome<FrameDecoder> decoder = FrameDecoder.Open(dataSet, syntax);
        if (!decoder.Ok)
            return decoder.Fault;
        Outcome<NativePixels> pixels = decoder.Value.Decode(frame);
        return pixels.Ok ? Grayscale.Of(pixels.Value, dataSet) : pixels.Fault;
    }
}
