using System.Collections.Frozen;
using System.Globalization;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>The VR of a tag where the stream does not say it: implicit VR, and elements we write (PS3.6, PS3.7 annex E).</summary>
public static class DicomDictionary
{
    private const string Resource = "Pipeline.Actors.Dicom.DataSets.DicomDictionary.txt";

    private static readonly FrozenDictionary<uint, DicomVR> VRs = Load();

    /// <summary><see cref="DicomVR.UN"/> for private and unknown tags; private creators are LO, group lengths UL (PS3.5 7.8.1, 7.2).</summary>
    public static DicomVR VROf(DicomTag tag)
    {
        if (VRs.TryGetValue(tag.Value, out DicomVR vr))
            return vr;
        if (tag.IsGroupLength)
            return DicomVR.UL;
        if (tag.IsPrivate)
            return tag.Element is >= 0x10 and <= 0xFF ? DicomVR.LO : DicomVR.UN;
        // Curves and overlays repeat over 5000–501E and 6000–601E (PS3.5 7.6).
        return (tag.Group & 0xFF00) is 0x5000 or 0x6000 && VRs.TryGetValue(tag.Value & 0xFF00FFFF, out vr) ? vr : DicomVR.UN;
    }

    /// <summary>Elements whose VR is SS where Pixel Representation is 1 and US otherwise (PS3.6, PS3.3 C.7.6.3).</summary>
    public static bool FollowsPixelRepresentation(DicomTag tag) => tag.Value is >= 0x00280104 and <= 0x00280111 or 0x00280120 or 0x00280121;

    private static FrozenDictionary<uint, DicomVR> Load()
    {
        using Stream stream = typeof(DicomDictionary).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        using var reader = new StreamReader(stream);
        var table = new Dictionary<uint, DicomVR>(5000);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            string[] words = line.Split(' ');
            DicomVR vr = DicomVRRules.Parse((byte)words[0][0], (byte)words[0][1]);
            uint group = Hex(words[1]) << 16;
            foreach (string element in words[2..])
                table.Add(group | Hex(element), vr);
        }
        return table.ToFrozenDictionary();
    }

    private static uint Hex(string digits) => uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
