using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Tests.Deployment;

/// <summary>The list of packages that the build writes beside the program.</summary>
public sealed partial class DependencyListTests
{
    [Fact]
    public void Every_package_has_a_licence_and_the_direct_ones_are_explained()
    {
        // Of the program, not of the tests, in the same configuration.
        string output = AppContext.BaseDirectory[AppContext.BaseDirectory.LastIndexOf($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal)..];
        string[] rows = File.ReadAllLines(Path.Combine(Repository.Folder("Pipeline.Host") + output, "dependencies.csv"));
        Assert.Equal("package,version,licence,home", rows[0]);
        var licences = rows.Skip(1).Select(row => row.Split(',')).ToDictionary(row => row[0], row => row[2]);
        Assert.True(licences.Count > 40, $"{licences.Count} packages");
        Assert.All(licences, entry => Assert.True(Spdx().IsMatch(entry.Value), $"{entry.Key}: {entry.Value}"));
        string explained = File.ReadAllText(Repository.Folder("docs/dependencies.md"));
        string[] direct = [.. new[] { "Host", "Actors", "Ledger" }.SelectMany(p => Reference().Matches(File.ReadAllText(Repository.Folder($"Pipeline.{p}/Pipeline.{p}.csproj"))).Select(m => m.Groups[1].Value)).Distinct()];
        // A family of packages is explained as one, but for those whose first name says nothing.
        Assert.All(direct, id => Assert.Contains(id.Split('.', '-')[0] is "Microsoft" or "System" ? id : id.Split('.', '-')[0], explained, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^(MIT|Apache-2\.0|BSD-[23]-Clause|PostgreSQL|ISC|MIT-0)( (AND|OR) (MIT|Apache-2\.0|BSD-[23]-Clause|PostgreSQL|ISC|MIT-0))*$")]
    private static partial Regex Spdx();

    [GeneratedRegex(@"PackageReference Include=""([\w.\-]+)""")]
    private static partial Regex Reference();
}
