namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>One decoded frame in gray.</summary>
/// <param name="Values">Stored values, Rows × Columns, row-major; sign extended where signed. Of a color image, luminance (ITU-R BT.601).</param>
/// <param name="BitsStored">1–32.</param>
/// <param name="Inverted">MONOCHROME1: the smallest value is white (PS3.3 C.7.6.3.1.2).</param>
/// <param name="FromColor">The image was in color: modality and VOI transformations do not apply (PS3.3 C.7.6.3.1.2).</param>
public sealed record NativeFrame(int Rows, int Columns, int BitsStored, bool Signed, bool Inverted, int[] Values, bool FromColor = false);
