using Pipeline.Actors.Dicom.DataSets;
using static Pipeline.Actors.Ingest.Stages.InstanceOutcome;

namespace Pipeline.Actors.Ingest.Stages;

/// <summary>Whether an instance is an image of a chain's task, by its route.</summary>
internal static class Eligibility
{
    /// <param name="dataSet">The header suffices.</param>
    /// <returns>Why it is not, or null. The first reason counts, in the order a person would ask.</returns>
    public static OutOfScope? Judge(DicomDataSet dataSet, ChainRoute route)
    {
        if (route.SopClasses.Count > 0 && !route.SopClasses.Contains(dataSet.Text(DicomTags.SopClassUid) ?? ""))
            return new OutOfScope(Why.SopClass);
        if (route.Modality.Length > 0 && dataSet.Text(DicomTags.Modality) != route.Modality)
            return new OutOfScope(Why.Modality);
        if (route.BodyPart.Length > 0 && !route.BodyPart.Equals(dataSet.Text(DicomTags.BodyPartExamined), StringComparison.OrdinalIgnoreCase))
            return new OutOfScope(Why.BodyPart);
        if (route.Views.Count > 0 && !route.Views.Contains(dataSet.Text(DicomTags.ViewPosition) ?? ""))
            return new OutOfScope(Why.View);
        foreach (AttributeRule rule in route.Rules)
        {
            if (!rule.Holds(dataSet))
                return new OutOfScope($"{Why.Rule} {rule.Tag}");
        }
        if (dataSet.Int(DicomTags.SamplesPerPixel) is > 1 || dataSet.Text(DicomTags.PhotometricInterpretation) == "PALETTE COLOR")
            return new OutOfScope(Why.Color);
        return dataSet.Int(DicomTags.NumberOfFrames) is > 1 ? new OutOfScope(Why.MultiFrame) : null;
    }
}
