using System.Security.Cryptography;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Site;

/// <summary>
/// A member key's way to the next one. The next is drawn, encrypted and durable before a chain hears of it; each chain goes over to it by its members'
/// decision; when all have, the old one is put away. What happens in between can be a crash.
/// </summary>
/// <param name="passphrase">Of the site's keys; null where they are bare.</param>
public sealed class MemberKeyRotation(string site, string dataDirectory, SiteIdentity identity, string? passphrase)
{
    private readonly Lock _lock = new();

    /// <summary>The key that the site is known by, or is to be known by; two while it changes.</summary>
    public MemberKeys Keys => identity.Keys;

    /// <summary>Other nodes of the site hold copies of its keys, and would go on with the old one.</summary>
    public bool IsSpread { get; init; }

    /// <summary>The key to come; drawn where there is none yet.</summary>
    /// <exception cref="CommandFailedException">The site is spread over several nodes. There is no passphrase to encrypt it with, or it cannot be written.</exception>
    public ISigner Next()
    {
        lock (_lock)
        {
            if (Keys.All.Count > 1)
                return Keys.All[^1];
            if (IsSpread)
            {
                throw new CommandFailedException(
                    "the nodes of this site hold copies of its keys: stop all but one, start that one with pipeline.cluster.enabled = off, change the key, and copy its keys/ to the others");
            }

            if (passphrase is null)
            {
                throw new CommandFailedException(
                    $"the new key is kept encrypted, and the site runs without a passphrase: set pipeline.site.passphrase-file or {Passphrase.Variable}, and start it again");
            }

            byte[] seed = RandomNumberGenerator.GetBytes(Ed25519Signer.SeedSize);
            try
            {
                KeyFile.NextMember(dataDirectory).Write(seed, passphrase, replace: false);
                identity.Add(Ed25519Signer.FromSeed(seed));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CommandFailedException($"the new key cannot be written: {e.Message}", e);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(seed);
            }

            return Keys.All[^1];
        }
    }

    /// <summary>Puts the old key away once no chain needs it: every one of them that has a seat for this site names the next key.</summary>
    /// <param name="chains">All chains of the site, each as its durable blocks have made it.</param>
    /// <returns>The key that was put away; null where nothing changed.</returns>
    /// <exception cref="IOException">A file cannot be moved; to be tried again.</exception>
    public MemberPublicKey? Settle(IEnumerable<ChainRules> chains)
    {
        lock (_lock)
        {
            if (Keys.All is not [var old, var next])
                return null;
            var named = chains.SelectMany(rules => new[] { rules.Members.Find(site), rules.NextMembers.Find(site) }).OfType<Member>().Select(m => m.Key).ToArray();
            if (named.Length == 0 || named.Any(key => key != next.PublicKey))
                return null;
            // Beside first, then over it: after a crash in between there is the old key twice, and this is done again.
            var member = KeyFile.Member(dataDirectory);
            var retired = KeyFile.RetiredMember(dataDirectory, old.PublicKey);
            OwnerFile.Write(retired.Path, File.ReadAllBytes(member.Path), replace: true);
            File.Move(KeyFile.NextMember(dataDirectory).Path, member.Path, overwrite: true);
            Keys.Remove(old.PublicKey);
            RenewCard(next);
            return old.PublicKey;
        }
    }

    /// <summary>The card by which the site founds further chains names the key that it has now.</summary>
    private void RenewCard(ISigner signer)
    {
        string file = MemberCard.FileOf(dataDirectory, site);
        if (!File.Exists(file))
            return;
        var card = CeremonyFile.ReadCard(file);
        CeremonyFile.Write(file, MemberCard.Create(site, card.Certificate, card.Gateway, signer));
    }
}
