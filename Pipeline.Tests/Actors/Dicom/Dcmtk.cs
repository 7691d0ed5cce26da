using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>DCMTK's command line tools (Debian package dcmtk) as independent peers. Absent, a test says so and checks nothing.</summary>
internal static class Dcmtk
{
    public static bool Present(ITestOutputHelper output)
    {
        bool present = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "storescu")));
        if (!present)
            output.WriteLine("PEER MISSING: storescu is not installed (Debian package dcmtk); this is NOT CHECKED.");
        return present;
    }

    public static Task<(int ExitCode, string Output)> RunAsync(string tool, params string[] arguments) => Tool.RunAsync(tool, arguments);
}
