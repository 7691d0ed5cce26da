namespace Pipeline.Tests.Host.Site;

/// <summary>Names the keys of the reference of which a test shows that a running site takes a change on.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProvesLiveAttribute(params string[] keys) : Attribute
{
    public IReadOnlyList<string> Keys { get; } = keys;
}
