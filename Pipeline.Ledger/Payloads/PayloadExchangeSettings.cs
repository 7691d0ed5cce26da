namespace Pipeline.Ledger.Payloads;

/// <summary>One operator's limits and patience; nothing here is agreed with others.</summary>
/// <param name="Tick">How often waiting is looked at; every other time is rounded up to it.</param>
/// <param name="AnnounceInterval">An announce or a question without an answer is repeated after this long.</param>
/// <param name="PublishTimeout">A publication without enough acks fails after this long.</param>
/// <param name="FetchTimeout">A fetch that found no honest holder fails after this long.</param>
/// <param name="ChunkTimeout">A holder that sends no wanted chunk for this long is left for another.</param>
/// <param name="MaxTransfers">Payloads fetched at the same time; more wait.</param>
/// <param name="MaxWaiting">Payloads waiting to be fetched; more are refused, announced ones come again by themselves.</param>
/// <param name="ChunkWindow">Chunks requested ahead, of 256 KiB each.</param>
/// <param name="MaxFetchBytes">A payload asked for by its digest alone is never larger.</param>
/// <param name="CacheBytes">Payloads kept in memory to serve chunks from; the newest is always kept.</param>
/// <param name="Dispatcher">HOCON path of a dispatcher for disk work; null = the default one.</param>
public sealed record PayloadExchangeSettings(
    TimeSpan Tick, TimeSpan AnnounceInterval, TimeSpan PublishTimeout, TimeSpan FetchTimeout, TimeSpan ChunkTimeout, int MaxTransfers,
    int MaxWaiting, int ChunkWindow, long MaxFetchBytes, long CacheBytes, string? Dispatcher)
{
    public static PayloadExchangeSettings Default { get; } = new(
        Tick: TimeSpan.FromMilliseconds(250), AnnounceInterval: TimeSpan.FromSeconds(1), PublishTimeout: TimeSpan.FromSeconds(60),
        FetchTimeout: TimeSpan.FromSeconds(60), ChunkTimeout: TimeSpan.FromSeconds(2), MaxTransfers: 4, MaxWaiting: 64, ChunkWindow: 4,
        MaxFetchBytes: 256L * 1024 * 1024, CacheBytes: 64L * 1024 * 1024, Dispatcher: null);
}
