using Pipeline.Actors.Dicom;

namespace Pipeline.Tests.Actors.Dicom.Toolkits;

public sealed class EmbeddedToolkitTests : DicomToolkitContract
{
    protected override IDicomToolkit Toolkit { get; } = new EmbeddedToolkit();
}
