using Pipeline.Host.Demo;
using Pipeline.Host.Demo.Phantoms;
using Xunit;

namespace Pipeline.Tests.Host.Phantoms;

public sealed class PhantomGeneratorTests
{
    [Fact]
    public void A_cohort_is_a_function_of_its_seed()
    {
        var hospital = DemoProfile.Full.Hospitals[1];
        var first = new PhantomGenerator(hospital, PhantomTask.Opacity, 5).Cohort(6).ToList();
        var again = new PhantomGenerator(hospital, PhantomTask.Opacity, 5).Cohort(12).Take(6).ToList();
        Assert.Equivalent(first, again, strict: true);
        Assert.NotEqual(first[0].Pixels, new PhantomGenerator(hospital, PhantomTask.Opacity, 6).Cohort(1).Single().Pixels);
        Assert.NotEqual(first[0].Pixels, new PhantomGenerator(hospital, PhantomTask.Nodule, 5).Cohort(1).Single().Pixels);
    }

    [Fact]
    public void Pixels_have_twelve_bits_and_patients_one_to_three_images_of_one_label()
    {
        foreach (var hospital in DemoProfile.Quick.Hospitals)
        {
            var images = new PhantomGenerator(hospital, PhantomTask.Nodule, 1).Cohort(40).ToList();
            Assert.All(images, i => Assert.True(i.Pixels.Length == i.Rows * i.Columns && i.Pixels.Max() < 1 << PhantomImage.BitsStored));
            Assert.All(images.GroupBy(i => i.PatientId), p => Assert.True(p.Count() <= 3 && p.Select(i => i.Label).Distinct().Count() == 1));
            Assert.All(images, i => Assert.Equal(hospital.Monochrome1, i.Monochrome1));
        }
    }

    [Fact]
    public void Findings_occur_at_the_hospitals_prevalence()
    {
        var hospital = DemoProfile.Full.Hospitals[3];
        Assert.Equal(hospital.Prevalence, new PhantomGenerator(hospital, PhantomTask.Opacity, 3).Cohort(400).Average(i => i.Label), 0.12);
    }
}
