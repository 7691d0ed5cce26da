using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Tests.Actors.Dicom;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>A name, a number, a date and a UID of one patient, in an attribute of every VR, inside and outside sequences and private blocks.</summary>
internal static class PlantedIdentity
{
    public const string Uid = "1.2.276.0.99.4711";

    /// <summary>What must be found nowhere behind de-identification.</summary>
    public static IReadOnlyList<string> Texts { get; } = [.. TestImages.Planted, Uid];

    /// <summary>The image with plants; the input is changed.</summary>
    public static DicomDataSet In(DicomDataSet image)
    {
        Fill(image, 0x0019).Set(new DicomTag(0x0019, 0x0010), DicomVR.LO, Encoding.ASCII.GetBytes("GEMS_ACQU_01 MUSTERMANN"));
        Fill(image, 0x0022);
        image.Set(new DicomTag(0x0022, 0x1001), [Fill(new DicomDataSet(), 0x0024).Set(new DicomTag(0x0040, 0xA043), [Fill(new DicomDataSet(), 0x0008)])]);
        foreach (uint tag in new uint[] { 0x00081030, 0x0008103E, 0x00181030, 0x00204000, 0x00101010, 0x00321060, 0x60003000, 0x50003000, 0x0040A160 })
            image.Set(new DicomTag(tag), DicomVR.LO, Encoding.ASCII.GetBytes($"MUSTERMANN {TestImages.PlantedId} KREISKRANKENHAUS"));
        return image;
    }

    private static DicomDataSet Fill(DicomDataSet into, ushort group)
    {
        ushort element = 0x7F01;
        foreach (DicomVR vr in Enum.GetValues<DicomVR>().Where(vr => vr is not (DicomVR.None or DicomVR.SQ)))
        {
            string value = vr switch
            {
                DicomVR.UI => Uid,
                DicomVR.DA or DicomVR.DT => "19630512",
                DicomVR.IS or DicomVR.DS or DicomVR.AS => TestImages.PlantedId,
                DicomVR.CS => "MUSTERMANN",
                DicomVR.PN => "MUSTERMANN^ERIKA=ERIKA^ERIKA",
                DicomVR.UR => $"https://pacs/{TestImages.PlantedId}",
                _ => $"seen by Dr. MUSTERMANN {TestImages.PlantedId} ",
            };
            // A number of a fixed size is no place for a text.
            if (vr.NumberSize() == 1 || vr is DicomVR.OW or DicomVR.OF or DicomVR.OD or DicomVR.OL or DicomVR.OV)
                into.Set(new DicomTag(group, element++), vr, Encoding.ASCII.GetBytes(value));
        }
        return into;
    }
}
