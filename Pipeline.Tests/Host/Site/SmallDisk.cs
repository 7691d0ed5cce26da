using System.ComponentModel;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>A file system of a few megabytes in memory (Linux tmpfs). Where it may not be mounted, a test says so and checks nothing.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    public static async Task<SmallDisk?> MountAsync(string folder, int megabytes, ITestOutputHelper output)
    {
        string refusal;
        try
        {
            (int exit, refusal) = await Tool.RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder);
            if (exit == 0)
                return new SmallDisk(folder);
        }
        catch (Win32Exception e)
        {
            refusal = e.Message;
        }

        output.WriteLine($"NOT CHECKED: a tmpfs cannot be mounted here ({refusal.Trim()}); it takes Linux and root.");
        return null;
    }

    /// <summary>Lazily: a child process that was just begun for another test may hold a file of it open for a moment longer.</summary>
    public async ValueTask DisposeAsync() => await Tool.RunAsync("umount", "--lazy", _folder);
}
