using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest.Stages;

/// <summary>Which images belong to a chain's task, and labels that they carry themselves.</summary>
public sealed class EligibilityTests
{
    private static readonly ChainRoute Route = new("chest", "CHEST", "CR", "CHEST", 32, 32, ["female", "male"]);

    [Theory]
    [InlineData("(0028,0010) >= 16", true)]
    [InlineData("(0028,0010) > 16", false)]
    [InlineData("(0028,0010) = 16", true)]
    [InlineData("(0018,5101) = pa", true)]
    [InlineData("(0018,5101) != PA", false)]
    [InlineData("(0008,0008) = PRIMARY", true)]
    [InlineData("(0008,0080) contains krankenhaus", true)]
    [InlineData("(0018,0022) present", false)]
    [InlineData("(0018,0022) absent", true)]
    [InlineData("(0018,0022) < 5", false)]
    public void A_rule_on_an_attribute_holds_or_not(string text, bool holds)
    {
        DicomDataSet image = TestImages.Gray("1.2.3", 16, 16, i => i).Set(DicomTags.ViewPosition, "PA");
        AttributeRule rule = AttributeRule.Parse(text)!;
        Assert.Equal(holds, rule.Holds(image));
        Assert.Equal(holds ? null : $"rule {rule.Tag}", Eligibility.Judge(image, Route with { Rules = [rule] })?.Reason);
    }

    [Theory]
    [InlineData("(0028,0010)")]
    [InlineData("0028,0010 = 3")]
    [InlineData("(0028,0010) >= many")]
    [InlineData("(0028,0010) like 3")]
    [InlineData("(0028,0010) present 3")]
    [InlineData("(0028,0010) =")]
    public void What_is_no_rule_is_refused(string text) => Assert.Null(AttributeRule.Parse(text));

    [Fact]
    public void The_first_reason_counts_in_the_order_a_person_would_ask()
    {
        DicomDataSet image = TestImages.Gray("1.2.3", 16, 16, i => i).Set(DicomTags.ViewPosition, "LL");
        Assert.Null(Eligibility.Judge(image, Route));
        Assert.Equal("sop-class", Eligibility.Judge(image, Route with { SopClasses = ["1.2.840.10008.5.1.4.1.1.2"] })?.Reason);
        Assert.Equal("view-position", Eligibility.Judge(image, Route with { Views = ["PA", "AP"] })?.Reason);
        Assert.Equal("modality", Eligibility.Judge(image, Route with { Modality = "MR", Views = ["PA"] })?.Reason);
        Assert.Equal("body-part", Eligibility.Judge(image, Route with { BodyPart = "KNEE" })?.Reason);
        Assert.Equal("color", Eligibility.Judge(image.Set(DicomTags.SamplesPerPixel, 3), Route)?.Reason);
    }

    [Fact]
    public void An_attribute_s_values_map_to_classes_and_others_to_none()
    {
        AttributeLabels labels = AttributeLabels.Parse("(0010,0040)", ["F = female", "M=male"], Route.Classes)!;
        DicomDataSet image = TestImages.Gray("1.2.3", 16, 16, i => i);
        Assert.Equal(0, labels.Of(image));
        Assert.Equal(1, labels.Of(image.Set(DicomTags.PatientSex, "m")));
        Assert.Equal(-1, labels.Of(image.Set(DicomTags.PatientSex, "O")));
        Assert.Null(labels.Of(new DicomDataSet()));
        Assert.Null(AttributeLabels.Parse("(0010,0040)", ["F = neither"], Route.Classes));
        Assert.Null(AttributeLabels.Parse("(0010,0040)", ["F = female", "f = male"], Route.Classes));
    }
}
