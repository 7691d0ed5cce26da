using Akka.Event;

namespace Pipeline.Host.Site;

/// <summary>Puts an old member key away as soon as the site's chains allow it; looks every second.</summary>
internal sealed class KeySettling : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public KeySettling(MemberKeyRotation rotation, SiteNode node) => _running = Task.Run(() => RunAsync(rotation, node));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(MemberKeyRotation rotation, SiteNode node)
    {
        using var tick = new PeriodicTimer(Interval);
        string? told = null;
        try
        {
            while (await tick.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    if (rotation.Settle(node.Chains.Values.Select(chain => chain.View.Rules)) is { } old)
                        node.System.Log.Info("every chain of '{0}' knows it by its new member key; {1} signs nothing any more and lies in keys/retired", node.Site, old);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or Commands.CommandFailedException)
                {
                    if (told != e.Message)
                        node.System.Log.Error("the old member key cannot be put away: {0}; tried again every second", e.Message);
                    told = e.Message;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The site stops.
        }
    }
}
