using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>Where a command writes: results to <paramref name="Out"/>, complaints to <paramref name="Error"/>.</summary>
/// <param name="Out">Knows whether it is a terminal; plain lines where it is none.</param>
public sealed record Terminal(IAnsiConsole Out, TextWriter Error)
{
    /// <summary>Columns where there is no terminal: a log or a pipe keeps its lines whole.</summary>
    private const int LogWidth = 1 << 16;

    public static Terminal OfProcess()
    {
        var console = AnsiConsole.Console;
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = LogWidth;
        return new Terminal(console, Console.Error);
    }

    /// <summary>One line for each complaint, so that a log keeps them whole.</summary>
    public void Complain(string message) => Error.WriteLine("pipeline: " + message.ReplaceLineEndings(" "));
}
