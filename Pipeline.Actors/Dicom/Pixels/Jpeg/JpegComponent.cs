namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>A component of a frame header (ITU-T T.81 B.2.2).</summary>
internal readonly record struct JpegComponent(byte Id, int Horizontal, int Vertical, int Quantization);
