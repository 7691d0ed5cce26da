using System.Collections.Frozen;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>The VR of a tag where the stream does not say it: implicit VR, and elements we write (PS3.6, PS3.7 annex E).</summary>
public static class DicomDictionary
{
    private static readonly FrozenDictionary<uint, DicomVR> VRs = Build();

    /// <summary><see cref="DicomVR.UN"/> for private and unknown tags; private creators are LO, group lengths UL (PS3.5 7.8.1, 7.2).</summary>
    public static DicomVR VROf(DicomTag tag)
    {
        if (VRs.TryGetValue(tag.Value, out DicomVR vr))
            return vr;
        if (tag.IsGroupLength)
            return DicomVR.UL;
        return tag is { IsPrivate: true, Element: >= 0x10 and <= 0xFF } ? DicomVR.LO : DicomVR.UN;
    }

    private static FrozenDictionary<uint, DicomVR> Build()
    {
        var table = new Dictionary<uint, DicomVR>();
        foreach ((DicomVR vr, uint[] tags) in Table())
        {
            foreach (uint tag in tags)
                table.Add(tag, vr);
        }
        return table.ToFrozenDictionary();
    }

    private static IEnumerable<(DicomVR VR, uint[] Tags)> Table()
    {
        yield return (DicomVR.AE,
        [
            0x00000600, 0x00001030, 0x00020016, 0x00080054, 0x00400241,
        ]);
        yield return (DicomVR.AS,
        [
            0x00101010,
        ]);
        yield return (DicomVR.AT,
        [
            0x00000901, 0x00280009,
        ]);
        yield return (DicomVR.CS,
        [
            0x00041130, 0x00041430, 0x00041500, 0x00080005, 0x00080008, 0x00080052, 0x00080060, 0x00080064, 0x00080068, 0x00100040,
            0x001021A0, 0x00102203, 0x00120062, 0x00180015, 0x00180020, 0x00180021, 0x00180022, 0x00180023, 0x00181140, 0x00185100,
            0x00185101, 0x00187004, 0x00200020, 0x00200060, 0x00200062, 0x00280004, 0x00280051, 0x00280300, 0x00280301, 0x00280302,
            0x00281040, 0x00281056, 0x00282110, 0x0040A040, 0x20500020,
        ]);
        yield return (DicomVR.DA,
        [
            0x00080012, 0x00080020, 0x00080021, 0x00080022, 0x00080023, 0x00100030, 0x00181200, 0x00400244,
        ]);
        yield return (DicomVR.DS,
        [
            0x00101020, 0x00101030, 0x00180050, 0x00180060, 0x00180080, 0x00180081, 0x00180082, 0x00180083, 0x00180084, 0x00180087,
            0x00180088, 0x00180095, 0x00181060, 0x00181100, 0x00181110, 0x00181111, 0x00181120, 0x00181130, 0x00181164, 0x00181190,
            0x00181314, 0x00181316, 0x00186000, 0x00200032, 0x00200037, 0x00201041, 0x00280030, 0x00281050, 0x00281051, 0x00281052,
            0x00281053, 0x00282112, 0x0040A30A, 0x3004000E, 0x30060050,
        ]);
        yield return (DicomVR.DT,
        [
            0x0008002A, 0x0040A120,
        ]);
        yield return (DicomVR.IS,
        [
            0x00180086, 0x00180091, 0x00181088, 0x00181090, 0x00181150, 0x00181151, 0x00181152, 0x00181170, 0x00200011, 0x00200012,
            0x00200013, 0x00200100, 0x00201002, 0x00280008, 0x00280034,
        ]);
        yield return (DicomVR.LO,
        [
            0x00000902, 0x00080070, 0x00080080, 0x00080104, 0x00081030, 0x0008103E, 0x00081040, 0x00081080, 0x00081090, 0x00100020,
            0x00100021, 0x00101000, 0x00101040, 0x00101080, 0x00101090, 0x00102000, 0x00102110, 0x00102150, 0x001021F0, 0x00120063,
            0x00180010, 0x00181000, 0x00181004, 0x00181016, 0x00181020, 0x00181030, 0x00181400, 0x00201040, 0x00281054, 0x00281055,
            0x00283003, 0x00283004, 0x00321033, 0x00321060, 0x00321070, 0x00380010, 0x00380300, 0x00380500, 0x00400007, 0x00400254,
            0x30060004,
        ]);
        yield return (DicomVR.LT,
        [
            0x001021B0, 0x00104000, 0x00204000, 0x00324000,
        ]);
        yield return (DicomVR.OB,
        [
            0x00020001, 0xFFFCFFFC,
        ]);
        yield return (DicomVR.OD,
        [
            0x7FE00009,
        ]);
        yield return (DicomVR.OF,
        [
            0x7FE00008,
        ]);
        yield return (DicomVR.OW,
        [
            0x00281201, 0x00281202, 0x00281203, 0x00283006, 0x7FE00010,
        ]);
        yield return (DicomVR.PN,
        [
            0x00080090, 0x00081048, 0x00081050, 0x00081060, 0x00081070, 0x00100010, 0x00101001, 0x00101005, 0x00101060, 0x00102297,
            0x00321032, 0x00400006, 0x0040A075, 0x0040A123,
        ]);
        yield return (DicomVR.SH,
        [
            0x00020013, 0x00080050, 0x00080094, 0x00080100, 0x00080102, 0x00080201, 0x00081010, 0x00102154, 0x00102160, 0x00102180,
            0x00180024, 0x00180085, 0x00181160, 0x00181210, 0x00181250, 0x0018700A, 0x00200010, 0x00400009, 0x00400253, 0x00401001,
            0x30060002,
        ]);
        yield return (DicomVR.SQ,
        [
            0x00081198, 0x00081199, 0x00041220, 0x00081032, 0x00081110, 0x00081111, 0x00081115, 0x00081120, 0x00081140, 0x00082112, 0x00082218, 0x00100050,
            0x00101002, 0x00120064, 0x00186011, 0x00209111, 0x00209113, 0x00209116, 0x00209221, 0x00209222, 0x00283000, 0x00283010,
            0x00289110, 0x00289132, 0x00289145, 0x00400275, 0x00400555, 0x00409096, 0x0040A043, 0x0040A730, 0x00620002, 0x20500010,
            0x30060010, 0x30060020, 0x30060039, 0x30060040, 0x300A00B0, 0x52009229, 0x52009230, 0xFFFAFFFA,
        ]);
        yield return (DicomVR.SS,
        [
            0x00281041,
        ]);
        yield return (DicomVR.ST,
        [
            0x00080081, 0x00080092, 0x00082111, 0x00400280,
        ]);
        yield return (DicomVR.TM,
        [
            0x00080013, 0x00080030, 0x00080031, 0x00080032, 0x00080033, 0x00100032, 0x00400245,
        ]);
        yield return (DicomVR.UI,
        [
            0x00000002, 0x00000003, 0x00001000, 0x00001001, 0x00081195, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00041510, 0x00041511, 0x00041512,
            0x00080014, 0x00080016, 0x00080018, 0x00081150, 0x00081155, 0x00181002, 0x0020000D, 0x0020000E, 0x00200052, 0x00200200,
            0x00209164, 0x0040A124,
        ]);
        yield return (DicomVR.UL,
        [
            0x00000000, 0x00020000, 0x00041400, 0x00041420,
        ]);
        yield return (DicomVR.US,
        [
            0x00000100, 0x00000110, 0x00000120, 0x00001002, 0x00001008, 0x00081197, 0x00000700, 0x00000800, 0x00000900, 0x00001031, 0x00041410, 0x001021C0, 0x00181310,
            0x00280002, 0x00280006, 0x00280010, 0x00280011, 0x00280014, 0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00280106,
            0x00280107, 0x00280120, 0x00280121, 0x00281101, 0x00281102, 0x00281103, 0x00283002, 0x00620004,
        ]);
        yield return (DicomVR.UT,
        [
            0x0040A160,
        ]);
    }
}
