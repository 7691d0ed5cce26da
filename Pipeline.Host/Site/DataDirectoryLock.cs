using Pipeline.Actors.Dicom;

namespace Pipeline.Host.Site;

/// <summary>
/// Keeps a second process out of a site's data directory: two writers would tear spool, samples and journals apart. The system takes the lock back
/// when the process ends, however it ends; the file stays.
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private const string FileName = "site.lock";

    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <summary>Creates the folder when absent. A folder that cannot be used or is in use is a fault.</summary>
    public static Outcome<DataDirectoryLock> Take(string dataDirectory)
    {
        try
        {
            Directory.CreateDirectory(dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Fault($"The data directory '{dataDirectory}' cannot be made: {e.Message} Set pipeline.site.data-directory to a folder this user may write to.");
        }

        try
        {
            return new DataDirectoryLock(new FileStream(Path.Combine(dataDirectory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException)
        {
            return new Fault($"The data directory '{dataDirectory}' cannot be written to. Give this user the right, or set pipeline.site.data-directory to another folder.");
        }
        catch (IOException e)
        {
            return new Fault(
                $"The data directory '{dataDirectory}' cannot be taken: {e.Message} Stop the site that runs there, or set pipeline.site.data-directory to a folder of this site's own.");
        }
    }

    /// <summary>Whether a site runs on the folder at this moment.</summary>
    public static bool IsHeld(string dataDirectory)
    {
        string path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
            return false;
        try
        {
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    public void Dispose() => _file.Dispose();
}
