using System.Text;

namespace Pipeline.Host.Reporting;

/// <summary>Text files of a report, UTF-8 without a byte order mark.</summary>
internal static class ReportFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes beside the target and renames, so that a reader never sees half a file.</summary>
    public static void Write(string file, string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        var target = Path.GetFullPath(file);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var draft = target + ".part";
        File.WriteAllText(draft, text, Utf8);
        File.Move(draft, target, overwrite: true);
    }
}
