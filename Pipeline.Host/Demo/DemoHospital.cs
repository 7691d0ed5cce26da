using System.Security.Cryptography;
using System.Text;
using Pipeline.Host.Demo.Phantoms;
using Pipeline.Host.Site;

namespace Pipeline.Host.Demo;

/// <summary>One hospital of the demo: a folder with its keys, and what is particular about its images.</summary>
public sealed class DemoHospital : IDisposable
{
    private DemoHospital(HospitalProfile profile, string dataDirectory, SiteIdentity identity)
    {
        Profile = profile;
        DataDirectory = dataDirectory;
        Identity = identity;
    }

    public string Site => Profile.Id;

    public HospitalProfile Profile { get; }

    public string DataDirectory { get; }

    public SiteIdentity Identity { get; }

    /// <summary>The keys follow from the seed, so that pseudonyms, and with them the patients' splits, repeat. A real site draws them at random.</summary>
    public static DemoHospital Provision(HospitalProfile profile, string root, int seed)
    {
        string folder = Path.Combine(root, profile.Id);
        return new DemoHospital(profile, folder, SiteIdentity.Create(folder, Secret(profile, seed, "member"), Secret(profile, seed, "site")));
    }

    public void Dispose() => Identity.Dispose();

    private static byte[] Secret(HospitalProfile profile, int seed, string purpose) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"pipeline/demo/{seed}/{profile.Id}/{purpose}"));
}
