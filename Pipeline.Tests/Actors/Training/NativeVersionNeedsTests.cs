using Pipeline.Actors.Training;
using Pipeline.Build;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

public sealed class NativeVersionNeedsTests
{
    [Fact]
    public void The_output_copy_demands_no_version_newer_than_GCC_11_and_patching_again_does_nothing()
    {
        if (!OperatingSystem.IsLinux())
            return;
        string path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        var image = File.ReadAllBytes(path);
        var demanded = NativeVersionNeeds.Demanded(image);
        Assert.Contains("GLIBCXX_3.4.29", demanded);
        Assert.DoesNotContain("GLIBCXX_3.4.30", demanded);
        Assert.DoesNotContain("GLIBCXX_3.4.32", demanded);
        Assert.False(NativeVersionNeeds.Patch(image));
    }

    [Fact]
    public void Other_files_are_left_alone()
    {
        Assert.False(NativeVersionNeeds.Patch([1, 2, 3]));
        Assert.False(NativeVersionNeeds.Patch(new byte[256]));
    }

    [Fact]
    public void A_missing_symbol_version_is_named()
    {
        string message = TorchRuntime.Explain(
            "Unable to load: /lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)");
        Assert.Contains("/lib/libstdc++.so.6 lacks the symbol version GLIBCXX_3.4.32, which /app/libLibTorchSharp.so needs", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu", "none of auto, cpu, cuda:N")]
    [InlineData("cuda:99", "is not there")]
    public void A_device_that_is_not_there_is_an_error_value(string setting, string expected)
    {
        Assert.Null(new TorchRuntime().Resolve(setting, out string? error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }
}
