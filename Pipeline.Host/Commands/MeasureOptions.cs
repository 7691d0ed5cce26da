using System.CommandLine;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Commands;

/// <summary>What the commands that measure something have in common.</summary>
internal static class MeasureOptions
{
    /// <summary>A whole number from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public static Option<int> Number(string name, int usual, int low, int high, string description)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int value) && (value < low || value > high))
                result.AddError($"{name} {value}: {low} to {high}");
        });
        return option;
    }

    /// <summary>Applies each <c>--set KEY=VALUE</c> to <paramref name="start"/>.</summary>
    /// <exception cref="CommandFailedException">A setting has no value, or <paramref name="with"/> does not take it.</exception>
    public static T Set<T>(T start, string[] settings, Func<T, string, string, T> with)
    {
        try
        {
            // A policy by name first: the other settings change it.
            return settings.OrderByDescending(setting => setting.StartsWith("policy=", StringComparison.Ordinal)).Aggregate(start, (changed, setting) => setting.Split('=', 2) is [var key, var value]
                ? with(changed, key, value)
                : throw new ArgumentException($"--set {setting}: give KEY=VALUE"));
        }
        catch (ArgumentException e)
        {
            throw new CommandFailedException(e.Message, e) { ExitCode = ExitCode.Usage };
        }
    }

    /// <exception cref="CommandFailedException">Its settings cannot stand together.</exception>
    public static RoundPolicy Sound(RoundPolicy policy) => policy.Contradiction() is var (setting, why)
        ? throw new CommandFailedException($"{setting}: {why}") { ExitCode = ExitCode.Usage }
        : policy;

    public static string? FullPath(string? file) => file is null ? null : Path.GetFullPath(file);
}
