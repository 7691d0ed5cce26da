namespace Pipeline.Host.Configuration;

/// <summary>On which line of a HOCON text each key stands, which Akka's parser does not keep. For a text that <see cref="HoconLint"/> has nothing against.</summary>
internal static class HoconLines
{
    /// <summary>Line numbers from 1 by full path; of a key that is given twice the last, which wins.</summary>
    public static IReadOnlyDictionary<string, int> Locate(string text) => new Scanner(text).Run();

    private sealed class Scanner(string text)
    {
        private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
        private readonly Stack<string> _open = new();
        private int _at, _line = 1;

        public Dictionary<string, int> Run()
        {
            _open.Push("");
            while (SkipTo(blankLines: true, commas: true))
            {
                if (text[_at] is '{' or '}')
                {
                    if (text[_at] == '}' && _open.Count > 1)
                        _open.Pop();
                    Advance();
                    continue;
                }

                string key = Key();
                if (key.Length == 0)
                {
                    Advance();
                    continue;
                }

                Remember(key);
                string path = Join(_open.Peek(), key);
                if (!SkipTo(blankLines: false, commas: false))
                    break;
                if (text[_at] is '=' or ':')
                {
                    Advance();
                    if (!SkipTo(blankLines: true, commas: false))
                        break;
                }

                if (text[_at] == '{')
                {
                    _open.Push(path);
                    Advance();
                }
                else
                {
                    SkipValue();
                }
            }

            return _lines;
        }

        private static string Join(string prefix, string key) => prefix.Length == 0 ? key : $"{prefix}.{key}";

        private void Remember(string key)
        {
            string path = _open.Peek();
            foreach (string part in key.Split('.'))
            {
                path = Join(path, part);
                _lines.TryAdd(path, _line);
            }

            _lines[path] = _line;
        }

        private string Key()
        {
            int start = _at;
            while (_at < text.Length && text[_at] is not ('=' or ':' or '{' or '}' or '\n' or '#' or ','))
                Element();
            return text[start.._at].Replace("\"", "", StringComparison.Ordinal).Trim();
        }

        private void SkipValue()
        {
            int depth = 0;
            while (_at < text.Length)
            {
                char c = text[_at];
                if (depth == 0 && c is ('\n' or ',' or '}'))
                    return;
                if (IsComment())
                {
                    SkipComment();
                    continue;
                }

                depth += c is '[' or '{' ? 1 : c is ']' or '}' ? -1 : 0;
                Element();
            }
        }

        /// <summary>Goes to what comes next; false at the end.</summary>
        private bool SkipTo(bool blankLines, bool commas)
        {
            while (_at < text.Length)
            {
                if (IsComment())
                    SkipComment();
                else if (text[_at] is ' ' or '\t' or '\r' || (blankLines && text[_at] == '\n') || (commas && text[_at] == ','))
                    Advance();
                else
                    return true;
            }

            return false;
        }

        private bool IsComment() => text[_at] == '#' || (text[_at] == '/' && _at + 1 < text.Length && text[_at + 1] == '/');

        private void SkipComment()
        {
            while (_at < text.Length && text[_at] != '\n')
                _at++;
        }

        /// <summary>One character, or one quoted text.</summary>
        private void Element()
        {
            if (text[_at] != '"')
            {
                Advance();
                return;
            }

            string quote = string.CompareOrdinal(text, _at, "\"\"\"", 0, 3) == 0 ? "\"\"\"" : "\"";
            for (int i = 0; i < quote.Length; i++)
                Advance();
            while (_at < text.Length && string.CompareOrdinal(text, _at, quote, 0, quote.Length) != 0)
            {
                if (quote.Length == 1 && text[_at] == '\\' && _at + 1 < text.Length)
                    Advance();
                Advance();
            }

            for (int i = 0; i < quote.Length && _at < text.Length; i++)
                Advance();
        }

        private void Advance()
        {
            if (text[_at++] == '\n')
                _line++;
        }
    }
}
