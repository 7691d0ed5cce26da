namespace Pipeline.Tests;

/// <summary>Finds folders of the working tree that tests look at.</summary>
internal static class Repository
{
    public static string Folder(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"no Pipeline.sln above {AppContext.BaseDirectory}");
        return Path.Combine(folder.FullName, name);
    }
}
