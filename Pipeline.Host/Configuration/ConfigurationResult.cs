using System.Diagnostics.CodeAnalysis;

namespace Pipeline.Host.Configuration;

/// <summary>A configuration, or every mistake in it.</summary>
public sealed record ConfigurationResult(SiteConfiguration? Configuration, IReadOnlyList<ConfigurationError> Errors)
{
    [MemberNotNullWhen(true, nameof(Configuration))]
    public bool IsValid => Configuration is not null;
}
