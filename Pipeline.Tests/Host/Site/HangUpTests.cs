using Pipeline.Host.Site;
using Xunit;

namespace Pipeline.Tests.Host.Site;

public sealed class HangUpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_is_asked_before_it_can_be_done_is_done_once_when_it_can_and_each_time_from_then_on()
    {
        using var done = new SemaphoreSlim(0);
        using var hangUp = new HangUp();
        hangUp.Ask();
        hangUp.Ask();
        using var serving = hangUp.Serve(() => done.Release());
        Assert.True(await done.WaitAsync(Patience));
        Assert.Equal(0, done.CurrentCount);
        hangUp.Ask();
        Assert.True(await done.WaitAsync(Patience));
        serving.Dispose();
        hangUp.Ask();
        serving.Dispose();
        Assert.Equal(0, done.CurrentCount);
    }
}
