namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>Second bytes of markers (ITU-T T.81 table B.1; T.87 for JPEG-LS).</summary>
internal static class JpegMarker
{
    public const byte Sof0 = 0xC0, Sof1 = 0xC1, Sof2 = 0xC2, Sof3 = 0xC3, Dht = 0xC4, Jpg = 0xC8, Dac = 0xCC, Sof15 = 0xCF;
    public const byte Rst0 = 0xD0, Rst7 = 0xD7, Soi = 0xD8, Eoi = 0xD9, Sos = 0xDA, Dnl = 0xDC, Dri = 0xDD;
    public const byte App0 = 0xE0, App14 = 0xEE, Sof55 = 0xF7;

    /// <summary>A marker without a length behind it.</summary>
    public static bool StandsAlone(byte marker) => marker is >= Rst0 and <= Eoi or 0x01;

    public static bool IsStartOfFrame(byte marker) => marker is >= Sof0 and <= Sof15 and not (Dht or Jpg or Dac) or Sof55;
}
