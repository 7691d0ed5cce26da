using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>
/// The names and numbers by which a data set identifies people, so that the same ones are found again where no attribute list looks for them: in a series
/// description, a code meaning, a label.
/// </summary>
internal sealed class IdentityWords
{
    private const int ShortestName = 3;
    private const int ShortestNumber = 5;
    private const int ShortestPhrase = 6;

    private static readonly DicomTag[] Numbers =
    [
        DicomTags.PatientId, DicomTags.OtherPatientIds, DicomTags.AccessionNumber, DicomTags.PatientBirthDate, DicomTags.AdmissionId,
    ];

    /// <summary>
    /// Terms that images and reports describe themselves with (Image Type, Frame Type and Value Type, PS3.3 C.7.6.1.1.2, C.8.16.1, C.17.3.2.1); nobody is
    /// told apart by being called so.
    /// </summary>
    private static readonly string[] Terms =
    [
        "ORIGINAL", "DERIVED", "PRIMARY", "SECONDARY", "AXIAL", "LOCALIZER", "VOLUME", "NONE", "OTHER", "MIXED", "ANGIO", "CARDIAC", "GATED", "DYNAMIC",
        "FLUOROSCOPY", "MOTION", "PERFUSION", "CONTRAST", "REST", "STATIC", "STRESS", "DIFFUSION", "SPECTROSCOPY", "ADDITION", "DIVISION", "MASKED", "MAXIMUM",
        "MEAN", "MINIMUM", "MTT", "MULTIPLICATION", "RCBF", "RCBV", "RESAMPLED", "SUBTRACTION", "TTP", "TEXT", "IMAGE", "CODE", "NUM", "CONTAINER", "DATE",
        "TIME", "DATETIME", "PNAME", "UIDREF", "COMPOSITE", "WAVEFORM", "SCOORD", "SCOORD3D", "TCOORD", "TABLE",
    ];

    private static readonly DicomTag[] Phrases = [DicomTags.InstitutionName, DicomTags.InstitutionAddress, DicomTags.PatientAddress];

    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _numbers = new(StringComparer.OrdinalIgnoreCase);

    public IdentityWords(DicomDataSet dataSet)
    {
        Collect(dataSet);
        _names.ExceptWith(Terms);
    }

    /// <summary>Whether a text holds one of them: a name as a word of its own, a number or an address anywhere.</summary>
    public bool AnyIn(string text)
    {
        foreach (string number in _numbers)
        {
            if (text.Contains(number, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return _names.Count > 0 && Words(text).Any(_names.Contains);
    }

    private void Collect(DicomDataSet dataSet)
    {
        foreach (DicomElement element in dataSet.Elements)
        {
            foreach (DicomDataSet item in element.Items ?? [])
                Collect(item);
            if (element.VR == DicomVR.PN && dataSet.Text(element.Tag) is { } name)
                _names.UnionWith(Words(name).Where(word => word.Length >= ShortestName));
        }
        Take(dataSet, Numbers, ShortestNumber);
        Take(dataSet, Phrases, ShortestPhrase);
    }

    private void Take(DicomDataSet dataSet, DicomTag[] tags, int shortest)
    {
        foreach (DicomTag tag in tags)
        {
            foreach (string value in dataSet.Text(tag)?.Split('\\') ?? [])
            {
                if (value.Trim() is { } trimmed && trimmed.Length >= shortest)
                    _numbers.Add(trimmed);
            }
        }
    }

    private static IEnumerable<string> Words(string text)
    {
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool letter = i < text.Length && char.IsLetterOrDigit(text[i]);
            if (letter && start < 0)
                start = i;
            else if (!letter && start >= 0)
            {
                yield return text[start..i];
                start = -1;
            }
        }
    }
}
