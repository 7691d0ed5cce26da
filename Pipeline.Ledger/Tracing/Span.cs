namespace Pipeline.Ledger.Tracing;

/// <summary>A kind of span: what it covers and the attributes that it may have. None holds anything of an image, a patient or a caller.</summary>
/// <param name="Name">As it is exported.</param>
/// <param name="Parent">Of which span of the same process it is a child, or <c>links</c> to; empty for none.</param>
/// <param name="Attributes">Names, each of <see cref="TraceKeys"/>.</param>
public sealed record Span(string Name, string Parent, IReadOnlyList<string> Attributes, string Meaning);
