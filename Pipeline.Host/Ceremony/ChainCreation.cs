namespace Pipeline.Host.Ceremony;

/// <summary>What a person asks of <c>pipeline chain create</c>.</summary>
/// <param name="CardFiles">Of all members.</param>
/// <param name="TermsFile">HOCON; null for the defaults.</param>
/// <param name="TrustedFiles">Genesis or fully signed proposal of each chain from which packets are accepted.</param>
/// <param name="Seed">Of the first weights; null draws one.</param>
public sealed record ChainCreation(
    string Chain, IReadOnlyList<string> CardFiles, string? TermsFile, IReadOnlyList<string> TrustedFiles, ulong? Seed, string OutputFile);
