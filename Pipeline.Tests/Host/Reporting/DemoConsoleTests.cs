using Pipeline.Host.Reporting;
using Spectre.Console;
using Xunit;

namespace Pipeline.Tests.Host.Reporting;

public sealed class DemoConsoleTests
{
    [Fact]
    public void Closing_tables_fit_eighty_columns_and_keep_a_row_on_a_line()
    {
        var lines = Plain(console => DemoTables.Print(console, SampleResult.Good), 80);

        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.All(lines, line => Assert.DoesNotContain('\u001b', line));
        Assert.Equal(9, lines.Count(line => line.Contains('✓', StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("hospital-4", StringComparison.Ordinal) && line.Contains("0.774", StringComparison.Ordinal) && line.Contains("0.941", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("chest-nodule", StringComparison.Ordinal) && line.Contains("287", StringComparison.Ordinal) && line.Contains("1/198", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("9 of 9 claims met", StringComparison.Ordinal));
    }

    [Fact]
    public void What_fails_is_said_without_colour_and_without_unicode()
    {
        var result = SampleResult.WithChain(0, chain => chain with { DigestsEqual = false, Verify = false });

        var lines = Plain(console => DemoTables.Print(console, result), unicode: false);

        Assert.Equal(2, lines.Count(line => line.Contains("| NO |", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("digests differ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("journal refused", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains('✓', StringComparison.Ordinal) || line.Contains('│', StringComparison.Ordinal));
    }

    [Fact]
    public void Markup_in_a_name_is_text()
    {
        var result = SampleResult.WithChain(0, chain => chain with { Sites = [chain.Sites[0] with { Id = "[red]x[/]" }] });

        Assert.Contains(Plain(console => DemoTables.Print(console, result)), line => line.Contains("[red]x[/]", StringComparison.Ordinal));
    }

    [Fact]
    public void The_live_table_is_one_line_a_row_and_keeps_its_height()
    {
        var running = Live(SampleSnapshot.Running);
        var before = Live(SampleSnapshot.Running with { Events = [] });

        Assert.Equal(running.Count, before.Count);
        Assert.All(running, line => Assert.True(line.TrimEnd().Length <= DemoLiveTable.FullWidth, line));
        Assert.Equal(1 + 1 + 2 + 8 + 1 + DemoSnapshot.ShownEvents, running.Count);
        Assert.StartsWith("00:47  training on chest-opacity", running[0], StringComparison.Ordinal);
        Assert.Contains(running, line => line.StartsWith("hospital-3", StringComparison.Ordinal) && line.Contains("13/36", StringComparison.Ordinal) && line.Contains("killed", StringComparison.Ordinal));
        Assert.Contains(running, line => line.Contains("waiting: 4 more ima…", StringComparison.Ordinal));
        Assert.Contains(running, line => line.Contains("[quarantine]", StringComparison.Ordinal));
        Assert.DoesNotContain(running, line => line.Contains("too old", StringComparison.Ordinal));
    }

    [Fact]
    public void A_narrow_terminal_gets_fewer_columns_not_broken_lines()
    {
        var narrow = Live(SampleSnapshot.Running, 80);

        Assert.Equal(Live(SampleSnapshot.Running).Count, narrow.Count);
        Assert.All(narrow, line => Assert.True(line.TrimEnd().Length <= 80, line));
        Assert.DoesNotContain("Samples", narrow[1], StringComparison.Ordinal);
        Assert.Contains(narrow, line => line.Contains("14/36", StringComparison.Ordinal));
    }

    [Fact]
    public void Plain_lines_are_one_a_chain()
    {
        var lines = DemoLiveTable.ToPlainLines(SampleSnapshot.Running);

        Assert.Equal(
            [
                "00:47  chest-opacity  round 14/36  height 151–163  images 2,731  samples 2,678  AUC 0.871  updates 86.0 kB  wire 2.0 MB"
                    + "  hospital-1,hospital-2,hospital-4 training; hospital-3 killed",
                "00:47  chest-nodule  round 0/24  height 2–4  images 369  samples 357  AUC –  updates 0 B  wire 63.0 kB"
                    + "  hospital-1 waiting: 4 more images with a nodule; hospital-2 waiting: the bridge; hospital-3 killed; hospital-4 syncing",
            ],
            lines);
    }

    [Fact]
    public void Control_characters_do_not_reach_the_terminal()
    {
        var snapshot = SampleSnapshot.Running with { Phase = "a\u001b[2Jb", Events = ["one\nline"] };

        var lines = Live(snapshot);

        Assert.DoesNotContain(lines, line => line.Contains('\u001b', StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("one line", StringComparison.Ordinal));
    }

    private static List<string> Live(DemoSnapshot snapshot, int width = DemoLiveTable.FullWidth) =>
        Plain(console => console.Write(DemoLiveTable.Render(snapshot, width)), width);

    private static List<string> Plain(Action<IAnsiConsole> print, int width = 100, bool unicode = true)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = unicode;
        print(console);
        return [.. writer.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r'))];
    }
}
