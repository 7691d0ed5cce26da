namespace Pipeline.Tests.Host.Doctor;

/// <summary>A mistake that an operator makes.</summary>
/// <param name="Name">As a person would tell it.</param>
/// <param name="Text">Lines of the site's file; FOLDER stands for the test's folder.</param>
/// <param name="Key">That has to be named.</param>
/// <param name="Mend">Words that the message must have, which say what to do.</param>
internal sealed record SeededMistake(string Name, string Text, string Key, string Mend)
{
    /// <summary>Prepares the folder; what it returns stays as long as the mistake.</summary>
    public Func<string, IDisposable?> Prepare { get; init; } = _ => null;

    /// <summary>The configuration itself is wrong, so that <c>config check</c> must say so too.</summary>
    public bool InConfiguration { get; init; }
}
