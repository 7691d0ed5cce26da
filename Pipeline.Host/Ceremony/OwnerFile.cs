namespace Pipeline.Host.Ceremony;

/// <summary>Files that their owner alone may read, whole or not at all.</summary>
internal static class OwnerFile
{
    /// <exception cref="IOException">It exists and is not to be replaced, or cannot be written.</exception>
    public static void Write(string path, byte[] bytes, bool replace)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, replace);
    }
}
