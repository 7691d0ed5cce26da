using System.Threading.Channels;
using Grpc.Core;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;

namespace Pipeline.Host.Gateway;

/// <summary>
/// A live link to one member, dialled or accepted: one loop reads, one writes. Whatever its peer does, only this link waits for it: senders never
/// block, queues are bounded, and a peer above its rate is read more slowly.
/// </summary>
internal sealed class PeerLink
{
    private static readonly TimeSpan GoodbyePatience = TimeSpan.FromSeconds(1);

    private readonly GatewaySettings _settings;
    private readonly TimeProvider _clock;
    private readonly LaneQueues _queues;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _invalidLock = new();
    private readonly TokenBucket _messages, _bytes, _invalid;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _sent, _sentBytes, _received, _receivedBytes, _dropped, _invalidCount;
    private End? _end;

    public PeerLink(
        string member, Digest instance, bool dialled, string endpoint, IReadOnlyDictionary<Digest, MemberPublicKey> chains, GatewaySettings settings,
        TimeProvider clock)
    {
        (Member, Instance, Dialled, Endpoint, Chains) = (member, instance, dialled, endpoint, chains);
        (_settings, _clock, Since) = (settings, clock, clock.GetUtcNow());
        var limits = settings.Limits;
        _queues = new LaneQueues(limits);
        _messages = new TokenBucket(limits.MessagesPerSecond, 2.0 * limits.MessagesPerSecond);
        _bytes = new TokenBucket(limits.BytesPerSecond, limits.BytesPerSecond);
        _invalid = new TokenBucket(limits.InvalidPerMinute / 60.0, limits.InvalidPerMinute);
    }

    /// <param name="IsBan">The peer did what no honest member does.</param>
    /// <param name="Tell">It gets to read the reason.</param>
    public sealed record End(string Reason, bool IsBan, bool Tell);

    public string Member { get; }

    public Digest Instance { get; }

    /// <summary>By us.</summary>
    public bool Dialled { get; }

    public string Endpoint { get; }

    /// <summary>The chains that it carries, with the key by which its peer has proved itself on each.</summary>
    public IReadOnlyDictionary<Digest, MemberPublicKey> Chains { get; }

    public DateTimeOffset Since { get; }

    /// <summary>Completes when the link is over.</summary>
    public Task Ended => _ended.Task;

    public LinkStatus Status => new(
        Member, Dialled, Endpoint, Chains.Count, Since, Interlocked.Read(ref _sent), Interlocked.Read(ref _sentBytes), Interlocked.Read(ref _received),
        Interlocked.Read(ref _receivedBytes), _queues.Count, Interlocked.Read(ref _dropped), Interlocked.Read(ref _invalidCount));

    /// <summary>Best effort: a message for which there is no room is dropped.</summary>
    public void Send(Digest chainId, PeerLane lane, byte[] bytes)
    {
        if (Chains.ContainsKey(chainId) && _queues.TryEnqueue(new Frame.Message(chainId, lane, bytes)))
            _wake.Writer.TryWrite(true);
        else
            Interlocked.Increment(ref _dropped);
    }

    /// <summary>Ends the link; the first reason counts.</summary>
    public void Close(string reason, bool tell = true) => Finish(new End(reason, IsBan: false, tell));

    /// <summary>Its peer sent something that no member may send.</summary>
    public void CountInvalid(string fault)
    {
        Interlocked.Increment(ref _invalidCount);
        bool tolerated;
        lock (_invalidLock)
            tolerated = _invalid.TryTake(1, _clock.GetUtcNow());
        if (!tolerated)
            Finish(new End($"more than {_settings.Limits.InvalidPerMinute} invalid messages in a minute, the last one: {fault}", IsBan: true, Tell: true));
    }

    /// <summary>Reads and writes until either side ends it.</summary>
    /// <param name="deliver">Gets each message of a chain in common; false when it had no room.</param>
    /// <param name="aborted">The peer has broken the call.</param>
    /// <param name="stop">This site stops.</param>
    public async Task<End> RunAsync(
        IAsyncStreamReader<Frame> reader, IAsyncStreamWriter<Frame> writer, Func<PeerLink, Frame.Message, bool> deliver, CancellationToken aborted,
        CancellationToken stop)
    {
        using var dead = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        await using var breaking = aborted.Register(() => Close("the peer broke the link", tell: false));
        await using var stopping = stop.Register(() => Close("this site stops"));
        var reading = ReadAsync(reader, deliver, dead.Token);
        var writing = WriteAsync(writer);
        await Task.WhenAny(reading, writing).ConfigureAwait(false);
        // Whoever ended first has given the reason.
        Close("the link ended");
        await writing.ConfigureAwait(false);
        await HangUpAsync(reading, writer).ConfigureAwait(false);
        await dead.CancelAsync().ConfigureAwait(false);
        await reading.ConfigureAwait(false);
        return _end!;
    }

    /// <summary>To be called when the link has left the table: only then may the peer be dialled again.</summary>
    public void CompleteEnd() => _ended.TrySetResult();

    private void Finish(End end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null)
            return;
        _wake.Writer.TryComplete();
        _closed.TrySetResult();
    }

    private async Task ReadAsync(IAsyncStreamReader<Frame> reader, Func<PeerLink, Frame.Message, bool> deliver, CancellationToken dead)
    {
        try
        {
            while (await reader.MoveNext(dead).ConfigureAwait(false))
            {
                // What still comes is of a link that is over; one that was ended for flooding is not read at all.
                if (_end is { IsBan: true })
                    return;
                if (_end is not null)
                    continue;
                if (!Take(reader.Current, deliver, out int size))
                    return;
                var now = _clock.GetUtcNow();
                if (!_messages.TryTake(1, now))
                    Finish(new End($"more than {_settings.Limits.MessagesPerSecond} messages a second", IsBan: true, Tell: true));
                else if (_bytes.Borrow(size, now) is var pause && pause > TimeSpan.Zero)
                    await Task.Delay(pause, _clock, dead).ConfigureAwait(false);
            }

            Close("the peer ended it without a word", tell: false);
        }
        catch (Exception e) when (IsOfTheLink(e))
        {
            Close(Describe(e), tell: e is RpcException { StatusCode: StatusCode.ResourceExhausted });
        }
    }

    /// <summary>False after a goodbye.</summary>
    private bool Take(Frame frame, Func<PeerLink, Frame.Message, bool> deliver, out int size)
    {
        size = Frame.HeaderBytes;
        switch (frame)
        {
            case Frame.Message message when !Chains.ContainsKey(message.ChainId):
                CountInvalid($"a message of chain {message.ChainId.Short}, which the link does not carry");
                break;
            case Frame.Message message:
                size += message.Bytes.Length;
                Interlocked.Increment(ref _received);
                Interlocked.Add(ref _receivedBytes, message.Bytes.Length);
                if (!deliver(this, message))
                    Interlocked.Increment(ref _dropped);
                break;
            case Frame.Goodbye goodbye:
                Close($"the peer ended it: {goodbye.Reason}", tell: false);
                return false;
            case Frame.Malformed malformed:
                size += malformed.Size;
                CountInvalid(malformed.Fault);
                break;
            default:
                CountInvalid("a second hello");
                break;
        }

        return true;
    }

    private async Task WriteAsync(IAsyncStreamWriter<Frame> writer)
    {
        try
        {
            while (_end is null && await _wake.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                _wake.Reader.TryRead(out _);
                while (_end is null && _queues.TryDequeue() is { } message)
                {
                    var write = writer.WriteAsync(message);
                    await Task.WhenAny(write, _closed.Task).WaitAsync(_settings.Timeouts.Stall, _clock).ConfigureAwait(false);
                    if (!write.IsCompleted)
                        break;
                    await write.ConfigureAwait(false);
                    Interlocked.Increment(ref _sent);
                    Interlocked.Add(ref _sentBytes, message.Bytes.Length);
                }
            }
        }
        catch (TimeoutException)
        {
            Finish(new End($"the peer has read nothing for {_settings.Timeouts.Stall.TotalSeconds:0} s while messages waited for it", IsBan: false, Tell: false));
        }
        catch (Exception e) when (IsOfTheLink(e))
        {
            Close(Describe(e), tell: false);
        }

        if (_end is { Tell: true } end)
            await SayGoodbyeAsync(writer, end.Reason).ConfigureAwait(false);
    }

    private static async Task SayGoodbyeAsync(IAsyncStreamWriter<Frame> writer, string reason)
    {
        try
        {
            await writer.WriteAsync(new Frame.Goodbye(reason)).WaitAsync(GoodbyePatience).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheLink(e) || e is TimeoutException)
        {
            // It is gone already, or does not read: it finds out by itself.
        }
    }

    /// <summary>Gives the peer a moment to read the goodbye and to end its half: the call, or the whole connection, may be reset right after.</summary>
    private async Task HangUpAsync(Task reading, IAsyncStreamWriter<Frame> writer)
    {
        try
        {
            if (writer is IClientStreamWriter<Frame> dialled)
                await dialled.CompleteAsync().WaitAsync(GoodbyePatience).ConfigureAwait(false);
            if (_end is { Tell: true })
                await reading.WaitAsync(GoodbyePatience).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheLink(e) || e is TimeoutException)
        {
            // The peer is gone, or does not read.
        }
    }

    /// <summary>What sockets, TLS and HTTP/2 throw when a peer goes away or misbehaves.</summary>
    private static bool IsOfTheLink(Exception e) => e is RpcException or IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException;

    private static string Describe(Exception e) => e switch
    {
        RpcException { StatusCode: StatusCode.ResourceExhausted } => $"a frame larger than the {Frame.MaxBytes} bytes that one may have",
        RpcException rpc => $"the link broke: {Innermost(rpc.Status.DebugException)?.Message ?? rpc.Status.Detail}",
        OperationCanceledException => "the link was cut",
        _ => $"the link broke: {e.Message}",
    };

    private static Exception? Innermost(Exception? e) => e?.GetBaseException();
}
