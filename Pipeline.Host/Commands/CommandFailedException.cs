namespace Pipeline.Host.Commands;

/// <summary>A command cannot go on, for a reason that a person can mend: shown as one line, without a stack trace.</summary>
public sealed class CommandFailedException : Exception
{
    /// <param name="message">What, where, and what to do.</param>
    public CommandFailedException(string message) : base(message) { }

    public CommandFailedException(string message, Exception inner) : base(message, inner) { }

    public CommandFailedException() { }

    /// <summary>One of <see cref="Commands.ExitCode"/>.</summary>
    public int ExitCode { get; init; } = Commands.ExitCode.Failed;
}
