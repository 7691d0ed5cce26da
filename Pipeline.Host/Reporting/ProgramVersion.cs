using System.Reflection;

namespace Pipeline.Host.Reporting;

/// <summary>Of this build.</summary>
internal static class ProgramVersion
{
    private const int CommitDigits = 12;

    /// <summary>With its commit: <c>0.1.0+c504c56…</c>.</summary>
    public static string Full { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>With no more of its commit than tells it apart, for a page.</summary>
    public static string Short { get; } = Full.IndexOf('+', StringComparison.Ordinal) is >= 0 and var commit && Full.Length > commit + CommitDigits
        ? Full[..(commit + 1 + CommitDigits)]
        : Full;

    /// <summary>Without its commit.</summary>
    public static string Release { get; } = Full.Split('+')[0];
}
