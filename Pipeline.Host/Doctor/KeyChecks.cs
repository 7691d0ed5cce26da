using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Host.Monitoring;
using Pipeline.Host.Site;

namespace Pipeline.Host.Doctor;

/// <summary>The site's own keys: there, readable by it and by nobody else.</summary>
internal static class KeyChecks
{
    private const string PassphraseKey = "pipeline.site.passphrase-file", DataKey = "pipeline.site.data-directory", Area = "keys";

    /// <returns>The identity where the keys can be used.</returns>
    public static SiteIdentity? Run(Examination examination)
    {
        var site = examination.Site;
        Private(examination, Path.Combine(site.DataDirectory, "keys", "member.key"), DataKey);
        Private(examination, Path.Combine(site.DataDirectory, "keys", "site.key"), DataKey);
        if (site.PassphraseFile is { } file)
            Private(examination, file, PassphraseKey);
        if (site.Status.Enabled)
            Tokens(examination);
        Storage(examination);
        SiteIdentity? identity = null;
        try
        {
            examination.Passphrase = Passphrase.Find(site.PassphraseFile);
            if (!SiteIdentity.Exists(site.DataDirectory))
            {
                examination.Warn(Area, DataKey, $"there are no keys below '{site.DataDirectory}': the first run makes them, unencrypted", "make encrypted ones: pipeline init SITE --data DIR");
                return null;
            }

            identity = SiteIdentity.LoadOrCreate(site.DataDirectory, examination.Passphrase);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CommandFailedException)
        {
            examination.Fail(
                Area, PassphraseKey, e.Message.TrimEnd('.'), $"give the passphrase of the keys by {PassphraseKey} or the variable {Passphrase.Variable}; restore damaged keys from their copy");
            return null;
        }

        if (SiteIdentity.IsProtected(site.DataDirectory))
            examination.Ok(Area, $"member key {identity.Signer.PublicKey}, encrypted");
        else
            examination.Warn(Area, DataKey, $"member key {identity.Signer.PublicKey}, not encrypted", $"encrypt it in place: pipeline init {site.Name} --data {site.DataDirectory}");
        return identity;
    }

    /// <summary>Complains of a secret that other users of the machine can read.</summary>
    public static void Private(Examination examination, string file, string key)
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & others) is not UnixFileMode.None and var open)
            examination.Fail(Area, key, $"'{file}' is open to others than its owner ({open})", $"chmod 600 {file}, and take the key for known if others have accounts here");
    }

    private static void Tokens(Examination examination)
    {
        const string key = "pipeline.status.operator-token-file";
        var status = examination.Site.Status;
        Private(examination, status.TokenFile, "pipeline.status.token-file");
        if (status.OperatorTokenFile is not { } operators)
            return;
        Private(examination, operators, key);
        if (!File.Exists(operators) || !File.Exists(status.TokenFile))
            return;
        try
        {
            if (StatusToken.FaultOf(operators, status.TokenFile) is { } fault)
                examination.Fail(Area, key, fault, $"remove '{operators}': the next start makes another one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            examination.Fail(Area, key, e.Message.TrimEnd('.'), "the site's user must be able to read both tokens of pipeline.status");
        }
    }

    private static void Storage(Examination examination)
    {
        var site = examination.Site;
        if (site.Encryption.KeyFile is { } file)
            Private(examination, file, "pipeline.encryption.key-file");
        try
        {
            _ = StorageKeyFile.Load(site.DataDirectory, site.Encryption, create: false);
            examination.Ok(Area, $"encryption at rest is {(site.Encryption.AtRest ? "on" : "off")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            examination.Fail(
                Area, "pipeline.encryption.key-file", e.Message.TrimEnd('.'), "a key is 64 hexadecimal digits on a line of its own, the newest first; restore the file from its copy");
        }
    }
}
