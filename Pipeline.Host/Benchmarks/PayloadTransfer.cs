using System.Diagnostics;
using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// One payload to several peers at once, over the gateway: as messages alone, and published as a chain does it, with proved chunks, durable stores and
/// signed acknowledgements. The floor of both: the same bytes over bare mutual TLS, in turns with it.
/// </summary>
internal static class PayloadTransfer
{
    private const int Kind = 1;
    private const double MebiBytes = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(string folder, GatewayWorkload workload, CancellationToken stop)
    {
        Ed25519Signer[] signers = [.. Enumerable.Range(0, workload.Peers + 1).Select(_ => Ed25519Signer.Create())];
        var members = new MemberSet([.. signers.Select((s, i) => new Member($"member-{i}", s.PublicKey))]);
        var chain = Digest.Of("benchmark"u8);
        var rules = new ChainRules(ProtocolVersion.Newest, 0, members, members, null);
        await using var floor = await TlsFloor.ConnectAsync(workload.Peers).ConfigureAwait(false);
        await using var gateways = await BenchmarkGateways.StartAsync(chain, "bench", members, signers, stop).ConfigureAwait(false);
        var system = ActorSystem.Create("bench", "akka { loglevel = ERROR, stdout-loglevel = ERROR }");
        try
        {
            var meters = Enumerable.Range(1, workload.Peers).Select(i => new Meter(system, gateways[i], chain)).ToArray();
            IActorRef[] exchanges =
            [
                .. members.Members.Select((m, i) => system.ActorOf(PayloadExchange.Props(
                    chain, () => rules, m.Id, signers[i], gateways[i], new FilePayloadStore(Path.Combine(folder, m.Id), long.MaxValue), new AnyPayload(workload.PayloadBytes),
                    PayloadExchangeSettings.Default))),
            ];
            var random = new Random(1);
            List<double> bare = [], sent = [], published = [];
            for (int i = -1; i < workload.Repetitions; i++)
            {
                stop.ThrowIfCancellationRequested();
                byte[] payload = new byte[workload.PayloadBytes];
                random.NextBytes(payload);
                double tls = await floor.SendAsync(payload.Length).ConfigureAwait(false);
                double messages = await SendAsync(gateways[0], members, chain, payload, meters).ConfigureAwait(false);
                double whole = await PublishAsync(exchanges[0], payload).ConfigureAwait(false);
                // The first warms up.
                if (i < 0)
                    continue;
                bare.Add(tls);
                sent.Add(messages);
                published.Add(whole);
            }

            double bytes = (double)workload.PayloadBytes * workload.Peers;
            var details = new Dictionary<string, double> { ["payloadBytes"] = workload.PayloadBytes, ["peers"] = workload.Peers, ["tlsMs"] = Timing.Median(bare) };
            return
            [
                Speed("payloadTransfer", bytes, sent, bare, new Bar(BarKind.RatioAtLeast, 0.6), details),
                new Figure("payloadPublished", "ms", Timing.Median(published), Timing.Median(bare), null, details),
            ];
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
            foreach (var signer in signers)
                signer.Dispose();
        }
    }

    private static Figure Speed(string name, double bytes, List<double> times, List<double> floor, Bar? bar, Dictionary<string, double> details) => new(
        name, "MiB/s", bytes / MebiBytes * 1000 / Timing.Median(times), bytes / MebiBytes * 1000 / Timing.Median(floor), bar,
        new Dictionary<string, double>(details) { ["ms"] = Timing.Median(times) });

    /// <summary>Milliseconds until every peer's receiver has had every byte, in messages of a chunk.</summary>
    private static async Task<double> SendAsync(Gateway.Gateway from, MemberSet members, Digest chain, byte[] payload, Meter[] meters)
    {
        byte[][] chunks = [.. payload.Chunk(PayloadChunks.Size)];
        foreach (var meter in meters)
            meter.Expect(payload.Length);
        long began = Stopwatch.GetTimestamp();
        foreach (byte[] chunk in chunks)
        {
            for (int i = 1; i <= meters.Length; i++)
                from.Send(members[i].Id, chain, PeerLane.Sync, chunk);
        }

        await Task.WhenAll(meters.Select(m => m.Done)).WaitAsync(Patience).ConfigureAwait(false);
        return Timing.Milliseconds(began, Stopwatch.GetTimestamp());
    }

    /// <summary>Milliseconds until a quorum, with three peers two of them, has fetched, checked, stored and acknowledged it.</summary>
    private static async Task<double> PublishAsync(IActorRef exchange, byte[] payload)
    {
        long began = Stopwatch.GetTimestamp();
        object answer = await exchange.Ask(new PayloadProtocol.Publish(Kind, payload), Patience).ConfigureAwait(false);
        return answer is PayloadProtocol.Published
            ? Timing.Milliseconds(began, Stopwatch.GetTimestamp())
            : throw new InvalidOperationException($"the payload was not published: {answer}");
    }

    /// <summary>A peer that counts the bytes that arrive on a lane which the exchange does not use.</summary>
    private sealed class Meter
    {
        private TaskCompletionSource _done = new();
        private long _missing;

        public Meter(ActorSystem system, Gateway.Gateway gateway, Digest chain) =>
            gateway.Register(chain, PeerLane.Sync, system.ActorOf(Props.Create(() => new Counter(Count))));

        public Task Done => _done.Task;

        public void Expect(long bytes)
        {
            _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _missing = bytes;
        }

        private void Count(PeerMessage message)
        {
            _missing -= message.Bytes.Length;
            if (_missing == 0)
                _done.TrySetResult();
        }

        private sealed class Counter : ReceiveActor
        {
            public Counter(Action<PeerMessage> count) => Receive<PeerMessage>(count);
        }
    }

    private sealed class AnyPayload(long maximum) : IPayloadChecks
    {
        public long MaxBytes(int kind) => maximum;

        public string? Check(int kind, ReadOnlyMemory<byte> payload) => null;
    }
}
