namespace Pipeline.Host.Commands;

/// <summary>What the program tells the shell.</summary>
public static class ExitCode
{
    /// <summary>Done; for <c>run</c>, stopped in order.</summary>
    public const int Ok = 0;

    /// <summary>The work failed, or what was checked is not right.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is wrong; nothing was begun.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C before it was done (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
