namespace Pipeline.Host.Configuration;

/// <summary>
/// Finds in a HOCON text what Akka's parser accepts in silence or misreads: substitutions give empty strings, <c>+=</c> loses values,
/// <c>include</c> throws without a place, and an unclosed brace ends with the file.
/// </summary>
internal static class HoconLint
{
    public static IEnumerable<(int Line, string Problem)> Check(string text)
    {
        var problems = new List<(int, string)>();
        var open = new Stack<(char Bracket, int Line)>();
        int line = 1;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\n')
            {
                line++;
            }
            else if (c == '#' || At(text, i, "//"))
            {
                i = EndOfLine(text, i) - 1;
            }
            else if (At(text, i, "\"\"\""))
            {
                int end = text.IndexOf("\"\"\"", i + 3, StringComparison.Ordinal);
                if (end < 0)
                {
                    problems.Add((line, "a text in triple quotes has no end"));
                    break;
                }

                line += text.AsSpan(i, end - i).Count('\n');
                i = end + 2;
            }
            else if (c == '"')
            {
                int end = EndOfString(text, i);
                if (end < 0)
                {
                    problems.Add((line, "a quoted text has no end on its line"));
                    i = EndOfLine(text, i) - 1;
                }
                else
                {
                    i = end;
                }
            }
            else if (c is '{' or '[')
            {
                open.Push((c, line));
            }
            else if (c is '}' or ']')
            {
                char opening = c == '}' ? '{' : '[';
                if (open.Count == 0 || open.Pop().Bracket != opening)
                    problems.Add((line, $"'{c}' closes nothing"));
            }
            else if (At(text, i, "${"))
            {
                problems.Add((line, "substitutions are not supported: write the value, or set it by an environment variable PIPELINE__…"));
                i = EndOfLine(text, i) - 1;
            }
            else if (At(text, i, "+="))
            {
                problems.Add((line, "'+=' is not supported: write the whole list"));
            }
            else if (At(text, i, "include") && IsAlone(text, i, "include".Length))
            {
                problems.Add((line, "'include' is not supported: write everything into this file"));
            }
        }

        foreach (var (bracket, at) in open)
            problems.Add((at, $"'{bracket}' is never closed"));
        return problems;
    }

    private static bool At(string text, int index, string token) => string.CompareOrdinal(text, index, token, 0, token.Length) == 0;

    /// <summary>First word of its line, followed by white space or a quote.</summary>
    private static bool IsAlone(string text, int index, int length)
    {
        int start = text.LastIndexOf('\n', Math.Max(0, index - 1)) + 1;
        if (index > start && !string.IsNullOrWhiteSpace(text[start..index]))
            return false;
        return index + length < text.Length && text[index + length] is ' ' or '\t' or '"';
    }

    private static int EndOfLine(string text, int index)
    {
        int end = text.IndexOf('\n', index);
        return end < 0 ? text.Length : end;
    }

    private static int EndOfString(string text, int index)
    {
        for (int i = index + 1; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                return i;
        }

        return -1;
    }
}
