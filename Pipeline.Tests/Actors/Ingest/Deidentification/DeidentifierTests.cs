using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest.Deidentification;

/// <summary>PS3.15 annex E, row by row and against planted identities.</summary>
public sealed class DeidentifierTests
{
    private const string CT = "1.2.840.10008.5.1.4.1.1.2";
    private const string EnhancedCT = "1.2.840.10008.5.1.4.1.1.2.1";
    private static readonly SiteKey Key = new(Enumerable.Range(7, 32).Select(i => (byte)i).ToArray());

    [Fact]
    public void The_table_is_whole() => Assert.Equal(620, ConfidentialityTable.Count);

    /// <summary>Rows read off the printed table, one for each kind of action.</summary>
    [Theory]
    [InlineData(0x00080050u, CT, DeidentificationOption.None, ProfileAction.Empty)] // Accession Number: Z
    [InlineData(0x00104000u, CT, DeidentificationOption.None, ProfileAction.Remove)] // Patient Comments: X
    [InlineData(0x00080018u, CT, DeidentificationOption.None, ProfileAction.Uid)] // SOP Instance UID: U
    [InlineData(0x00080018u, CT, DeidentificationOption.RetainUids, ProfileAction.Keep)]
    [InlineData(0x00181000u, CT, DeidentificationOption.None, ProfileAction.Remove)] // Device Serial Number: X/Z/D, type 3 in a CT image
    [InlineData(0x00181000u, EnhancedCT, DeidentificationOption.None, ProfileAction.Dummy)] // … and type 1 in an enhanced one
    [InlineData(0x00181000u, CT, DeidentificationOption.RetainDeviceIdentity, ProfileAction.Keep)]
    [InlineData(0x00101010u, CT, DeidentificationOption.None, ProfileAction.Remove)] // Patient's Age: X
    [InlineData(0x00101010u, CT, DeidentificationOption.RetainPatientCharacteristics, ProfileAction.Keep)]
    [InlineData(0x00102110u, CT, DeidentificationOption.RetainPatientCharacteristics, ProfileAction.Remove)] // Allergies: C, and nobody reads them
    [InlineData(0x00080020u, CT, DeidentificationOption.None, ProfileAction.Empty)] // Study Date: Z
    [InlineData(0x00080020u, CT, DeidentificationOption.RetainFullDates, ProfileAction.Keep)]
    [InlineData(0x00080020u, CT, DeidentificationOption.RetainModifiedDates, ProfileAction.ShiftDate)]
    [InlineData(0x00080022u, CT, DeidentificationOption.None, ProfileAction.Remove)] // Acquisition Date: X/Z, type 3 in a CT image
    [InlineData(0x00080022u, "1.2.840.10008.5.1.4.1.1.128", DeidentificationOption.None, ProfileAction.Empty)] // … and type 2 in a PET image
    [InlineData(0x00080080u, CT, DeidentificationOption.RetainInstitutionIdentity, ProfileAction.Keep)]
    [InlineData(0x50123000u, CT, DeidentificationOption.None, ProfileAction.Remove)] // curves
    [InlineData(0x60023000u, CT, DeidentificationOption.None, ProfileAction.Remove)] // overlays
    [InlineData(0x00280010u, CT, DeidentificationOption.None, null)] // Rows
    public void A_row_gives_the_action_of_its_options_and_its_class(uint tag, string sopClass, DeidentificationOption options, ProfileAction? expected) =>
        Assert.Equal(expected, ConfidentialityTable.Find(new DicomTag(tag), sopClass, options));

    /// <summary>A name and a number of this patient in an attribute of every VR that the table does not name, on three levels.</summary>
    [Theory]
    [InlineData(DeidentificationOption.None)]
    [InlineData(DeidentificationOption.RetainDeviceIdentity | DeidentificationOption.RetainInstitutionIdentity | DeidentificationOption.RetainModifiedDates
        | DeidentificationOption.RetainPatientCharacteristics | DeidentificationOption.RetainSafePrivate)]
    public void Planted_identities_are_found_nowhere_whatever_the_VR(DeidentificationOption options)
    {
        DicomDataSet original = PlantedIdentity.In(TestImages.Gray(PlantedIdentity.Uid, 16, 16, i => i));
        DicomDataSet clean = new Deidentifier(Key, new DeidentificationProfile { Options = options }).Apply(original).DataSet;
        string bytes = Encoding.Latin1.GetString(DicomWriter.WriteFile(clean));
        string before = Encoding.Latin1.GetString(DicomWriter.WriteFile(original));
        Assert.All(PlantedIdentity.Texts, planted =>
        {
            Assert.Contains(planted, before, StringComparison.OrdinalIgnoreCase);
            if (planted != "KREISKRANKENHAUS" || !options.HasFlag(DeidentificationOption.RetainInstitutionIdentity))
                Assert.DoesNotContain(planted, bytes, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public void UIDs_agree_over_instances_and_references_and_standard_ones_stay()
    {
        var deidentifier = new Deidentifier(Key, new DeidentificationProfile());
        DicomDataSet first = TestImages.Gray("1.2.3", 16, 16, i => i);
        DicomDataSet second = TestImages.Gray("1.2.4", 16, 16, i => i).Set(DicomTags.ReferencedImageSequence,
            [new DicomDataSet().Set(DicomTags.ReferencedSopClassUid, CT).Set(DicomTags.ReferencedSopInstanceUid, "1.2.3")]);
        string? mapped = deidentifier.Apply(first).DataSet.Text(DicomTags.SopInstanceUid);
        DicomDataSet reference = Assert.Single(deidentifier.Apply(second).DataSet.Find(DicomTags.ReferencedImageSequence)!.Items!);
        Assert.StartsWith("2.25.", mapped, StringComparison.Ordinal);
        Assert.Equal(mapped, reference.Text(DicomTags.ReferencedSopInstanceUid));
        Assert.Equal(CT, reference.Text(DicomTags.ReferencedSopClassUid));
    }

    [Fact]
    public void Modified_dates_keep_the_days_between_two_studies_of_a_patient_and_differ_between_patients()
    {
        var deidentifier = new Deidentifier(Key, new DeidentificationProfile { Options = DeidentificationOption.RetainModifiedDates });
        DateOnly Date(string patient, string date)
        {
            DicomDataSet clean = deidentifier.Apply(TestImages.Gray("1.2.3", 16, 16, i => i, patient).Set(DicomTags.StudyDate, date)).DataSet;
            Assert.Equal("MODIFIED", clean.Text(DicomTags.LongitudinalTemporalInformationModified));
            return DateOnly.ParseExact(clean.Text(DicomTags.StudyDate)!, "yyyyMMdd");
        }
        Assert.Equal(31, Date("A", "20260201").DayNumber - Date("A", "20260101").DayNumber);
        Assert.NotEqual(Date("A", "20260101"), Date("B", "20260101"));
        Assert.InRange(Key.DateShift("A"), -3650, -1);
    }

    [Fact]
    public void Safe_private_attributes_stay_with_their_creator_when_the_option_asks_for_them()
    {
        DicomDataSet original = TestImages.Gray("1.2.3", 16, 16, i => i)
            .Set(new DicomTag(0x7053, 0x0010), DicomVR.LO, "Philips PET Private Group "u8.ToArray())
            .Set(new DicomTag(0x7053, 0x1000), DicomVR.DS, "0.00042 "u8.ToArray())
            .Set(new DicomTag(0x7053, 0x1003), DicomVR.ST, "C:\\MUSTERMANN "u8.ToArray())
            .Set(new DicomTag(0x0029, 0x0010), DicomVR.LO, "OWN"u8.ToArray())
            .Set(new DicomTag(0x0029, 0x1001), DicomVR.DS, "5 "u8.ToArray());
        var profile = new DeidentificationProfile { Options = DeidentificationOption.RetainSafePrivate, SafePrivate = [PrivateAttribute.Parse("(0029,xx01) OWN")!.Value] };
        Assert.Equal(
            [new DicomTag(0x0029, 0x0010), new DicomTag(0x0029, 0x1001), new DicomTag(0x7053, 0x0010), new DicomTag(0x7053, 0x1000)],
            new Deidentifier(Key, profile).Apply(original).DataSet.Elements.Select(e => e.Tag).Where(tag => tag.IsPrivate));
        Assert.DoesNotContain(new Deidentifier(Key, new DeidentificationProfile()).Apply(original).DataSet.Elements, e => e.Tag.IsPrivate);
    }

    [Fact]
    public void What_was_done_is_declared_and_reported_without_values()
    {
        var profile = new DeidentificationProfile { Options = DeidentificationOption.CleanPixelData | DeidentificationOption.RetainDeviceIdentity };
        DeidentifiedInstance done = new Deidentifier(Key, profile).Apply(TestImages.Gray("1.2.3", 16, 16, i => i), pixelsCleaned: true);
        Assert.Equal("YES", done.DataSet.Text(DicomTags.PatientIdentityRemoved));
        Assert.Equal("NO", done.DataSet.Text(DicomTags.BurnedInAnnotation));
        Assert.Equal(
            ["113100", "113101", "113109"],
            done.DataSet.Find(DicomTags.DeidentificationMethodCodeSequence)!.Items!.Select(item => item.Text(DicomTags.CodeValue)));
        Assert.Contains(new AttributeChange("(0010,0010)", ProfileAction.Empty, ChangeReason.Table), done.Changes);
        Assert.Contains(new AttributeChange("(0008,0018)", ProfileAction.Uid, ChangeReason.Table), done.Changes);
        Assert.DoesNotContain(done.Changes, change => change.Path == DicomTags.Rows.ToString());
    }
}
