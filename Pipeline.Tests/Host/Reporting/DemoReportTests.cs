using System.Text.RegularExpressions;
using System.Xml.Linq;
using Pipeline.Host.Reporting;
using Xunit;

namespace Pipeline.Tests.Host.Reporting;

public sealed partial class DemoReportTests
{
    private static readonly string[] Void = ["meta"];

    [Fact]
    public void The_file_is_written_whole_and_loads_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("demo-report-");
        try
        {
            var file = Path.Combine(folder.FullName, "report.html");
            DemoReport.Write(SampleResult.Good, SampleResult.Context, file);

            var page = File.ReadAllText(file);
            Assert.StartsWith("<!doctype html>", page, StringComparison.Ordinal);
            Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
            Assert.DoesNotMatch(Loading(), page);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Tags_close_and_ids_are_unique()
    {
        var page = Parse(DemoReport.Page(SampleResult.Good, SampleResult.Context));

        var ids = page.Descendants().Select(element => (string?)element.Attribute("id")).Where(id => id is not null).ToList();
        Assert.NotEmpty(ids);
        Assert.Equal(ids.Count, ids.Distinct().Count());
        foreach (var clip in page.Descendants().Attributes("clip-path"))
            Assert.Contains(clip.Value[5..^1], ids);
    }

    [Fact]
    public void Every_claim_run_fact_and_number_is_on_the_page()
    {
        var text = Parse(DemoReport.Page(SampleResult.Good, SampleResult.Context)).Root!.Value;

        foreach (var claim in DemoClaims.Judge(SampleResult.Good))
        {
            Assert.Contains(claim.Title, text, StringComparison.Ordinal);
            Assert.Contains(claim.Measured, text, StringComparison.Ordinal);
            Assert.Contains(claim.Bar, text, StringComparison.Ordinal);
        }

        foreach (var site in SampleResult.Good.Chains.SelectMany(chain => chain.Sites))
            Assert.Contains(Quantities.Auc(site.Personalized), text, StringComparison.Ordinal);
        foreach (var fact in new[] { "131 s", "1,874 MiB", "0.1.0", "2 cores, linux-x64, cpu", "2026-03-14 09:26 UTC", "pipeline demo --seed 7", "9 of 9 claims met" })
            Assert.Contains(fact, text, StringComparison.Ordinal);
        Assert.Contains(SampleResult.Good.Faults.TamperRecord, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_figure_has_words_for_those_who_do_not_see_it_and_no_colour_of_its_own()
    {
        var figures = Parse(DemoReport.Page(SampleResult.Good, SampleResult.Context)).Descendants().Where(element => element.Name.LocalName == "svg").ToList();

        Assert.Equal(5, figures.Count);
        Assert.All(figures, figure => Assert.Equal("img", (string?)figure.Attribute("role")));
        Assert.Contains("hospital-4: local-only 0.774, collaborative 0.933, personalized 0.941", (string?)figures[0].Attribute("aria-label"), StringComparison.Ordinal);
        Assert.Contains("round 9 with the bridge and 23 without", (string?)figures[3].Attribute("aria-label"), StringComparison.Ordinal);
        var colours = figures.Descendants().Attributes().Where(attribute => attribute.Name.LocalName is "fill" or "stroke").Select(attribute => attribute.Value).Distinct();
        Assert.All(colours, colour => Assert.True(colour == "none" || colour.StartsWith("var(--", StringComparison.Ordinal), colour));
    }

    [Fact]
    public void Words_of_a_figure_are_the_pages_own_so_that_machines_without_fonts_print_them()
    {
        var texts = Parse(DemoReport.Page(SampleResult.Good, SampleResult.Context)).Descendants().Where(element => element.Name.LocalName == "text").ToList();

        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.Null(text.Attribute("font-family")));
    }

    [Fact]
    public void What_comes_from_outside_is_encoded()
    {
        const string hostile = "<script>alert(1)</script>\"'&";
        var result = SampleResult.WithChain(0, chain => chain with { Sites = [chain.Sites[0] with { Id = hostile }] }) with
        {
            Faults = SampleResult.Good.Faults with { TamperRecord = hostile, KilledSite = hostile },
        };

        var page = DemoReport.Page(result, SampleResult.Context with { Machine = hostile, Command = hostile });

        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains(hostile, Parse(page).Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missed_or_not_measured_is_said_in_words()
    {
        var result = SampleResult.WithChain(0, chain => chain with
        {
            DigestsEqual = false,
            Auc = chain.Auc with { ShuffledLabels = double.NaN },
            Curve = [],
            Sites = [],
        }) with
        {
            Faults = SampleResult.Good.Faults with { RecoverySeconds = double.NaN, TamperDetected = false, TamperRecord = "" },
        };

        var text = Parse(DemoReport.Page(result, SampleResult.Context with { Quick = true })).Root!.Value;

        Assert.Contains("digests differ", text, StringComparison.Ordinal);
        Assert.Contains("not met", text, StringComparison.Ordinal);
        Assert.Contains("not measured", text, StringComparison.Ordinal);
        Assert.Contains("did not come back", text, StringComparison.Ordinal);
        Assert.Contains("Verification passed the altered copy", text, StringComparison.Ordinal);
        Assert.Contains("shortened run", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limits_are_on_the_page()
    {
        var text = Parse(DemoReport.Page(SampleResult.Good, SampleResult.Context)).Root!.Value;

        foreach (var limit in new[] { "synthetic phantoms", "never used for a choice", "see each other's updates", "on one machine", "one seed (7)" })
            Assert.Contains(limit, text, StringComparison.Ordinal);
    }

    /// <summary>Reads the page as XML: it is written so that it is both, but for the document type and void elements.</summary>
    private static XDocument Parse(string page)
    {
        var xml = page["<!doctype html>".Length..].Trim();
        foreach (var name in Void)
            xml = Regex.Replace(xml, $"<{name}([^>]*)>", $"<{name}$1/>");
        return XDocument.Parse(xml);
    }

    [GeneratedRegex("""<link|<script|@import|src=|href=|url\((?!#)""")]
    private static partial Regex Loading();
}
