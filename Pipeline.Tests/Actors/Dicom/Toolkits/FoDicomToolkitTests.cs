using Pipeline.Actors.Dicom;
using Pipeline.Dicom.FoDicom;

namespace Pipeline.Tests.Actors.Dicom.Toolkits;

/// <summary>Built with <c>-p:DicomToolkit=fo-dicom</c>.</summary>
public sealed class FoDicomToolkitTests : DicomToolkitContract
{
    protected override IDicomToolkit Toolkit { get; } = new FoDicomToolkit();
}
