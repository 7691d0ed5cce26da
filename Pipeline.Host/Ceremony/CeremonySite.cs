using Pipeline.Host.Commands;
using Pipeline.Host.Site;

namespace Pipeline.Host.Ceremony;

/// <summary>The site that acts in a ceremony.</summary>
/// <param name="DataDirectory">Absolute; <c>pipeline init</c> has made its keys.</param>
/// <param name="PassphraseFile">Null: the environment.</param>
public sealed record CeremonySite(string DataDirectory, string? PassphraseFile)
{
    /// <summary>The site's own file; null where only its folder is known.</summary>
    public string? ConfigurationFile { get; init; }

    /// <exception cref="CommandFailedException">There are no keys, or the passphrase does not open them.</exception>
    public SiteIdentity Open()
    {
        if (!SiteIdentity.Exists(DataDirectory))
            throw new CommandFailedException(
                $"there are no keys below '{DataDirectory}'; a new site makes them by 'pipeline init SITE --data {DataDirectory}', " +
                "one that is a member already puts its copy of the 'keys' folder back");
        try
        {
            return SiteIdentity.LoadOrCreate(DataDirectory, Passphrase.Find(PassphraseFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }
}
