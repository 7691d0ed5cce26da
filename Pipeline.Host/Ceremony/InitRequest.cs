namespace Pipeline.Host.Ceremony;

/// <summary>What a person asks of <c>pipeline init</c>.</summary>
/// <param name="Site">Null: make a private CA in <paramref name="CaFolder"/>.</param>
/// <param name="Gateway"><c>host:port</c> where the other members dial this site; empty where it only dials.</param>
/// <param name="Listen"><c>address:port</c> to listen on; null for none.</param>
/// <param name="PassphraseFile">Null: the environment.</param>
/// <param name="CaFolder">The private CA that issues the certificate; null: it is self-signed.</param>
/// <param name="CaPassphraseFile">Null: the CA's is that of the site.</param>
public sealed record InitRequest(
    string? Site, string? DataDirectory, string Gateway, string? Listen, int DicomPort, string? PassphraseFile, string? CaFolder, string? CaPassphraseFile);
