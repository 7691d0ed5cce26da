using Pipeline.Host.Commands;
using Spectre.Console;

namespace Pipeline.Tests.Host.Commands;

/// <summary>A terminal that remembers what was written to it; safe to read while it is written.</summary>
internal sealed class TestTerminal : IDisposable
{
    private readonly StringWriter _out = new(), _error = new();
    private readonly TextWriter _safeOut, _safeError;

    public TestTerminal()
    {
        (_safeOut, _safeError) = (TextWriter.Synchronized(_out), TextWriter.Synchronized(_error));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(_safeOut),
        });
        console.Profile.Width = 1000;
        Terminal = new Terminal(console, _safeError);
    }

    public Terminal Terminal { get; }

    public string Output
    {
        get
        {
            lock (_safeOut)
                return _out.ToString();
        }
    }

    /// <summary>The error stream as it stands.</summary>
    public string Errors
    {
        get
        {
            lock (_safeError)
                return _error.ToString();
        }
    }

    public string[] Lines => Split(Output);

    /// <summary>The error stream, line by line.</summary>
    public string[] Complaints => Split(Errors);

    public void Clear()
    {
        _out.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
    }

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    private static string[] Split(string text) => text.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
