using System.Globalization;
using System.Text.Json;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>Behind <c>pipeline dicom inspect</c>.</summary>
internal static class DicomInspectOperation
{
    private static readonly DicomReadLimits Limits = new(Array.MaxLength);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NewLine = "\n" };

    /// <returns>0 when every path was looked at.</returns>
    /// <exception cref="CommandFailedException">A path does not exist.</exception>
    public static async Task<int> RunAsync(IReadOnlyList<string> paths, string? jsonFile, Terminal terminal, CancellationToken stop)
    {
        var inspected = new List<InspectedFile>();
        foreach (string file in paths.SelectMany(FilesUnder))
        {
            stop.ThrowIfCancellationRequested();
            InspectedFile one = await InspectAsync(file, stop).ConfigureAwait(false);
            inspected.Add(one);
            terminal.Out.WriteLine(Line(one));
        }
        int refused = inspected.Count(file => !file.Valid);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{inspected.Count} files, {refused} refused"));
        if (jsonFile is not null)
            await File.WriteAllTextAsync(jsonFile, JsonSerializer.Serialize(new { Files = inspected }, Json) + "\n", stop).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    /// <summary>A file, or what lies below a folder in order of names.</summary>
    /// <exception cref="CommandFailedException">There is neither.</exception>
    internal static IEnumerable<string> FilesUnder(string path)
    {
        if (Directory.Exists(path))
            return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        return File.Exists(path) ? [path] : throw new CommandFailedException($"{path} is neither a file nor a folder");
    }

    private static async Task<InspectedFile> InspectAsync(string path, CancellationToken stop)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return InspectedFile.Of(path, length > Limits.MaxBytes
                ? new DicomInspection(false, $"The file has {length} bytes; up to {Limits.MaxBytes} are looked at.", 0)
                : DicomInspector.Inspect(await File.ReadAllBytesAsync(path, stop).ConfigureAwait(false), Limits));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return InspectedFile.Of(path, new DicomInspection(false, $"The file cannot be read: {e.Message}", 0));
        }
    }

    private static string Line(InspectedFile file)
    {
        string image = file.Rows is null ? "no image" : string.Create(
            CultureInfo.InvariantCulture, $"{file.Rows} × {file.Columns}{(file.Frames > 1 ? $" × {file.Frames}" : "")}, {file.BitsAllocated} bits");
        string syntax = file.TransferSyntax is { } uid ? TransferSyntax.NameOf(uid) : "no transfer syntax";
        string state = file.Valid ? file.PixelSha256 is { } digest ? digest[..12] : "ok" : "REFUSED";
        string reason = file.Reason is null ? "" : file.Offset is { } offset
            ? string.Create(CultureInfo.InvariantCulture, $"  {file.Reason} (at byte {offset})")
            : "  " + file.Reason;
        return $"{state,-12}  {file.Path}  {syntax}, {image}{reason}";
    }
}
