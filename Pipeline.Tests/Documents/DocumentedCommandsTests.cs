using System.CommandLine;
using System.Text.RegularExpressions;
using Pipeline.Host.Commands;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Documents;

/// <summary>Commands of the documents are taken by the real command tree, links lead somewhere, and every command is in the reference.</summary>
public sealed partial class DocumentedCommandsTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly RootCommand _root;

    public DocumentedCommandsTests() => _root = CommandLine.Create(ProgramOperations.All, _terminal.Terminal);

    public static TheoryData<string> Documents =>
    [
        .. new[] { "README.md", "CONTRIBUTING.md" }.Concat(Directory.GetFiles(Repository.Folder("docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Repository.Folder("docker"), "*.md", SearchOption.AllDirectories)).Select(path => Path.GetRelativePath(Repository.Folder("."), path))),
    ];

    public void Dispose() => _terminal.Dispose();

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_line_of_a_document_is_one_that_the_program_takes(string document)
    {
        string text = File.ReadAllText(Repository.Folder(document));
        foreach (string line in Blocks(text).SelectMany(Lines))
            Takes(document, line);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_into_the_repository_leads_somewhere(string document)
    {
        string folder = Path.GetDirectoryName(Repository.Folder(document))!;
        foreach (string target in Link().Matches(File.ReadAllText(Repository.Folder(document))).Select(match => match.Groups[1].Value))
        {
            if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith('#') || target.StartsWith("mailto:", StringComparison.Ordinal))
                continue;
            string[] parts = target.Split('#');
            string path = Path.GetFullPath(Path.Combine(folder, parts[0]));
            Assert.True(File.Exists(path) || Directory.Exists(path), $"{document} links to {target}");
            if (parts.Length > 1 && path.EndsWith(".md", StringComparison.Ordinal))
                Assert.Contains(parts[1], Anchors(File.ReadAllText(path)));
        }
    }

    [Fact]
    public void Every_command_has_a_row_in_the_reference_and_help_with_a_description()
    {
        string reference = File.ReadAllText(Repository.Folder("docs/reference/command-line.md"));
        foreach (var (name, command) in Leaves(_root, "pipeline"))
        {
            Assert.False(string.IsNullOrWhiteSpace(command.Description), name);
            string last = name[(name.LastIndexOf(' ') + 1)..], parent = name[..name.LastIndexOf(' ')];
            Assert.True(
                Regex.IsMatch(reference, $@"`{Regex.Escape(name)}\b") || Regex.IsMatch(reference, $@"`{Regex.Escape(parent)} [\w\\|]*\b{last}\b"), $"'{name}' is not in command-line.md");
            Assert.All(command.Options.Concat<Symbol>(command.Arguments), symbol => Assert.False(string.IsNullOrWhiteSpace(symbol.Description), $"{name} {symbol.Name}"));
        }
    }

    [Fact]
    public void Examples_in_the_help_are_taken_too()
    {
        var documented = Leaves(_root, "pipeline").Select(leaf => leaf.Command).OfType<DocumentedCommand>().ToArray();
        Assert.True(documented.Length > 20);
        foreach (var command in documented)
        {
            // Help puts remarks behind some spaces.
            foreach (string line in Lines(command.Examples))
                Takes(command.Name, Remark().Replace(line, ""));
        }
    }

    internal static IEnumerable<(string Name, Command Command)> Leaves(Command command, string name)
    {
        if (command.Subcommands.Count == 0)
            yield return (name, command);
        foreach (var child in command.Subcommands.SelectMany(sub => Leaves(sub, $"{name} {sub.Name}")))
            yield return child;
    }

    /// <summary>What stands behind <c>pipeline</c> on a line of a shell, each part of a pipe by itself; comments and redirections are the shell's.</summary>
    private void Takes(string where, string line)
    {
        foreach (string part in Separator().Split(Comment().Replace(line, "")))
        {
            if (Program().Match(part) is not { Success: true } match)
                continue;
            string[] words = [.. Word().Matches(Redirection().Replace(match.Groups[1].Value, "")).Select(w => w.Value.Trim('"', '\''))];
            Assert.NotEmpty(words);
            var parsed = _root.Parse(words);
            // Files of an example need not be there.
            string[] errors = [.. parsed.Errors.Select(e => e.Message).Where(m => !m.Contains("does not exist", StringComparison.Ordinal) && !m.Contains("there is no", StringComparison.Ordinal))];
            Assert.True(errors.Length == 0, $"{where}: '{part.Trim()}': {string.Join("; ", errors)}");
        }
    }

    private static IEnumerable<string> Blocks(string text) => ShellBlock().Matches(text).Select(match => match.Groups[1].Value);

    private static IEnumerable<string> Lines(string block)
    {
        bool inDocument = false;
        foreach (string line in block.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Select(l => l.Trim()))
        {
            if (inDocument)
                inDocument = line != "END";
            else if (line.EndsWith("<<'END'", StringComparison.Ordinal))
                inDocument = true;
            else
                yield return line;
        }
    }

    private static IEnumerable<string> Anchors(string text) => Heading().Matches(text).Select(match =>
        Regex.Replace(match.Groups[1].Value.Trim().ToLowerInvariant().Replace("`", "", StringComparison.Ordinal), @"[^\w\- ]", "").Replace(' ', '-'));

    [GeneratedRegex(@"^[ ]*```(?:sh|bash|console)\n(.*?)^[ ]*```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex(@"(?:^|\s)#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s{3,}.*$")]
    private static partial Regex Remark();

    [GeneratedRegex(@"\s\|\s|\s&&\s|;\s?|\s&$")]
    private static partial Regex Separator();

    [GeneratedRegex(@"(?:^|^\$ |until |\w=\S* |exec \w+ )\s*(?:dotnet run -c Release (?:--no-build )?--project Pipeline\.Host -- |(?:/\S+/)?pipeline )(.*)$")]
    private static partial Regex Program();

    [GeneratedRegex(@"\s\d?>+\s*\S+")]
    private static partial Regex Redirection();

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|\\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
