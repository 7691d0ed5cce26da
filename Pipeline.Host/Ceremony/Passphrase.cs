using Pipeline.Host.Commands;

namespace Pipeline.Host.Ceremony;

/// <summary>Where a passphrase comes from: a file, or the environment. Never a command line, which every user of the machine can read; never a default.</summary>
public static class Passphrase
{
    public const string Variable = "PIPELINE_PASSPHRASE";

    /// <summary>Characters that a new one has at least.</summary>
    public const int MinLength = 12;

    /// <param name="file">Its first line counts; null: the environment.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="CommandFailedException">The file cannot be read, or is empty.</exception>
    public static string? Find(string? file)
    {
        if (file is null)
            return Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : null;
        try
        {
            return File.ReadLines(file).FirstOrDefault() is { Length: > 0 } first ? first : throw new CommandFailedException($"the passphrase file '{file}' is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"the passphrase file '{file}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>One to encrypt new keys with.</summary>
    /// <exception cref="CommandFailedException">There is none, or it is too short.</exception>
    public static string Demand(string? file)
    {
        string passphrase = Find(file) ??
            throw new CommandFailedException($"keys are encrypted, and there is no passphrase: give --passphrase-file FILE, or set {Variable}") { ExitCode = ExitCode.Usage };
        return passphrase.Length >= MinLength
            ? passphrase
            : throw new CommandFailedException($"the passphrase has {passphrase.Length} characters; at least {MinLength} are needed") { ExitCode = ExitCode.Usage };
    }
}
