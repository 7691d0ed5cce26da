using System.Diagnostics;
using Akka.Actor;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;

namespace Pipeline.Host.Benchmarks;

/// <summary>How long a message takes from one member's actor to another's over the hub: half of a round trip.</summary>
internal static class MessageDelay
{
    private const int VoteBytes = 160;

    // A chain of its own, so that no replica hears of it.
    private static readonly Digest Ping = Digest.Of("ping"u8);

    /// <returns>Median, milliseconds.</returns>
    public static async Task<double> MeasureAsync(BenchmarkChain chain, int roundTrips)
    {
        var ((nearSystem, near), (farSystem, far)) = (chain[0], chain[1]);
        string here = chain.Genesis.Members[0].Id, there = chain.Genesis.Members[1].Id;
        var done = new TaskCompletionSource<double>(TaskCreationOptions.RunContinuationsAsynchronously);
        var pinger = nearSystem.ActorOf(Props.Create(() => new Pinger(near, there, roundTrips, done)));
        var echo = farSystem.ActorOf(Props.Create(() => new Echo(far, here)));
        near.Register(Ping, PeerLane.Consensus, pinger);
        far.Register(Ping, PeerLane.Consensus, echo);
        pinger.Tell(Start.Instance);
        double delay = await done.Task.ConfigureAwait(false);
        near.Unregister(Ping, PeerLane.Consensus, pinger);
        far.Unregister(Ping, PeerLane.Consensus, echo);
        return delay;
    }

    private sealed record Start
    {
        public static Start Instance { get; } = new();
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo(IPeerNetwork network, string other) =>
            Receive<PeerMessage>(message => network.Send(other, Ping, PeerLane.Consensus, message.Bytes));
    }

    private sealed class Pinger : ReceiveActor
    {
        private readonly List<double> _delays = [];
        private long _sent;

        public Pinger(IPeerNetwork network, string other, int roundTrips, TaskCompletionSource<double> done)
        {
            var bytes = new byte[VoteBytes];
            Receive<Start>(_ => Send());
            Receive<PeerMessage>(_ =>
            {
                _delays.Add(Timing.Milliseconds(_sent, Stopwatch.GetTimestamp()) / 2);
                if (_delays.Count < roundTrips)
                    Send();
                else
                    done.TrySetResult(Timing.Median(_delays));
            });

            void Send()
            {
                _sent = Stopwatch.GetTimestamp();
                network.Send(other, Ping, PeerLane.Consensus, bytes);
            }
        }
    }
}
