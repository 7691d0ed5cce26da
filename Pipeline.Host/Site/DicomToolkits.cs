using Pipeline.Actors.Dicom;

namespace Pipeline.Host.Site;

/// <summary>The toolkit this program was built with: <c>-p:DicomToolkit=fo-dicom</c> takes another than the embedded one.</summary>
internal static class DicomToolkits
{
    public static IDicomToolkit Create() =>
#if FO_DICOM
        new Pipeline.Dicom.FoDicom.FoDicomToolkit();
#else
        new EmbeddedToolkit();
#endif
}
