using System.Diagnostics;
using Pipeline.Host.Commands;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Documents;

/// <summary>A shell completes commands by the script that the program prints.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("con", "config")]
    [InlineData("config ", "check diff reference show")]
    [InlineData("status --tok", "--token-file")]
    [InlineData("completion ", "bash fish zsh")]
    public async Task The_program_says_what_may_come_next(string line, string expected)
    {
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync([$"[suggest:{line.Length}]", line], ProgramOperations.All, _terminal.Terminal));
        Assert.All(expected.Split(' '), word => Assert.Contains(word, _terminal.Lines));
    }

    [Fact]
    public async Task Bash_completes_by_its_script()
    {
        if (!Tool.Exists("bash"))
            return;
        await CommandLine.InvokeAsync(["completion", "bash"], ProgramOperations.All, _terminal.Terminal);
        string script = Path.Combine(_folder.Path, "completion.bash"), host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        await File.WriteAllTextAsync(script, $$"""
            pipeline() { "{{host}}" "{{Path.Combine(AppContext.BaseDirectory, "pipeline.dll")}}" "$@"; }
            {{_terminal.Output}}
            COMP_WORDS=(pipeline config sh) COMP_CWORD=2 COMP_LINE="pipeline config sh" COMP_POINT=18
            _pipeline
            echo "${COMPREPLY[@]}"
            """);
        using var shell = Process.Start(new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true })!;
        Assert.Equal("show", (await shell.StandardOutput.ReadToEndAsync()).Trim());
    }

    [Theory]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -c pipeline")]
    public async Task Other_shells_have_theirs(string shell, string word)
    {
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(["completion", shell], ProgramOperations.All, _terminal.Terminal));
        Assert.Contains(word, _terminal.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await CommandLine.InvokeAsync(["completion", "cmd"], ProgramOperations.All, _terminal.Terminal));
    }
}
