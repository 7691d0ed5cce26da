using System.CommandLine;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline completion SHELL</c>: a script that asks the program itself what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        # pipeline completion bash > ~/.local/share/bash-completion/completions/pipeline
        _pipeline() {
          local word=${COMP_WORDS[0]} IFS=$'\n'
          COMPREPLY=($(compgen -W "$(pipeline "[suggest:$((COMP_POINT - ${#word} - 1))]" "${COMP_LINE:${#word}+1}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _pipeline pipeline
        """;

    private const string Zsh =
        """
        #compdef pipeline
        # pipeline completion zsh > ~/.zfunc/_pipeline, with ~/.zfunc in fpath
        _pipeline() {
          local line=${BUFFER#* }
          local -a words_of=(${(f)"$(pipeline "[suggest:$((CURSOR - ${#BUFFER} + ${#line}))]" "$line" 2>/dev/null)"})
          compadd -- $words_of || _files
        }
        compdef _pipeline pipeline
        """;

    private const string Fish =
        """
        # pipeline completion fish > ~/.config/fish/completions/pipeline.fish
        function __pipeline_complete
          set -l line (string replace -r '^\S+\s' '' -- (commandline -cp))
          pipeline "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c pipeline -a '(__pipeline_complete)'
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new DocumentedCommand("completion",
            "Prints a script by which a shell completes commands and options.",
            """
            pipeline completion bash > ~/.local/share/bash-completion/completions/pipeline
            """) { shell };
        command.SetAction(parsed =>
        {
            terminal.Out.Profile.Out.Writer.WriteLine(parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Ok;
        });
        return command;
    }
}
