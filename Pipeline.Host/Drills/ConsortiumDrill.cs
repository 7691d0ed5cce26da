using Pipeline.Host.Commands;
using Pipeline.Ledger.Sync;

namespace Pipeline.Host.Drills;

/// <summary>
/// Real processes over the gateway, hurt in every way that a consortium must survive. What happened is read from the members' journals, as an auditor
/// would: each verified, compared height by height, and dated by the blocks' own times.
/// </summary>
public sealed class ConsortiumDrill(DrillRequest request, Action<string> progress, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>The phase in which the adversary signs two statements a round.</summary>
    internal const string Equivocating = "equivocating member";

    private const string AdversaryName = "mallory";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly List<DrillPhase> _phases = [];
    private DrillConsortium _consortium = null!;
    private IDrillNetwork? _network;
    private DrillAdversary? _adversary;

    /// <summary>What it can do to a consortium, in this order; the last three need <see cref="DrillRequest.Adversary"/>.</summary>
    public static IReadOnlyList<string> Faults { get; } = ["kill", "pause", "cut", "restart", "outage", "withhold", "equivocate", "flood"];

    private IReadOnlyList<DrillSite> Sites => _consortium.Sites;

    private DrillSite Victim => Sites[^1];

    private int Tolerated => (Sites.Count + (request.Adversary ? 1 : 0) - 1) / 3;

    /// <exception cref="CommandFailedException">A site does not start, or the chain makes no block within the patience: the drill failed.</exception>
    /// <exception cref="OperationCanceledException">The person asked to stop.</exception>
    public async Task<DrillResult> RunAsync(CancellationToken stop)
    {
        long began = clock.GetTimestamp();
        string[] processes = [.. Enumerable.Range(1, request.Members).Select(i => $"hospital-{i}")];
        string[] members = request.Adversary ? [.. processes, AdversaryName] : processes;
        _network = request.Namespaces ? await NamespaceNetwork.CreateAsync(processes).ConfigureAwait(false) : new RelayNetwork(members);
        progress($"ceremony: {members.Length} members make keys, a genesis and its signatures");
        _consortium = await DrillConsortium.ProvisionAsync(request, members, processes, _network, stop).ConfigureAwait(false);
        progress($"{processes.Length} processes start");
        await StartAsync(Sites, stop).ConfigureAwait(false);
        if (request.Adversary)
            await EnterAsync(members, _network).ConfigureAwait(false);
        await AfterAsync(Now(), stop).ConfigureAwait(false);
        foreach (string fault in Faults.Where(request.Faults.Contains))
            await HurtAsync(fault, _network, stop).ConfigureAwait(false);
        return await JudgeAsync(began, stop).ConfigureAwait(false);
    }

    /// <summary>Ends every process that is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_adversary is not null)
            await _adversary.DisposeAsync().ConfigureAwait(false);
        foreach (var site in _consortium?.Sites ?? [])
            await site.DisposeAsync().ConfigureAwait(false);
        if (_network is not null)
            await _network.DisposeAsync().ConfigureAwait(false);
    }

    private Task HurtAsync(string fault, IDrillNetwork network, CancellationToken stop)
    {
        DrillSite[] many = [.. Sites.TakeLast(Tolerated + 1 - (request.Adversary ? 1 : 0))];
        return fault switch
        {
            "kill" => PhaseAsync("kill −9", Victim.KillAsync, () => StartAsync([Victim], stop), false, null, stop),
            "pause" => PhaseAsync("pause (SIGSTOP)", () => Victim.SignalAsync("STOP"), () => Victim.SignalAsync("CONT"), false, null, stop),
            "cut" => PhaseAsync("cut off", () => network.CutAsync(Victim.Name), () => network.MendAsync(Victim.Name), false, null, stop),
            "restart" => PhaseAsync("restart in order", () => Victim.StopAsync(request.Patience), () => StartAsync([Victim], stop), false, null, stop),
            "outage" => PhaseAsync($"{Tolerated + 1} away", () => EachAsync(many, site => site.KillAsync()), () => StartAsync(many, stop), true, null, stop),
            _ when _adversary is null => Task.CompletedTask,
            "withhold" => PhaseAsync("withholding member", () => Task.CompletedTask, () => Task.CompletedTask, false, null, stop),
            "equivocate" => PhaseAsync(
                Equivocating, () => Run(() => _adversary.Equivocate(true)), () => Run(() => _adversary.Equivocate(false)), false,
                () => $"{_adversary.Equivocations} rounds with two statements, {_adversary.Shown} shown to one member", stop),
            _ => FloodAsync(_adversary, stop),
        };
    }

    private async Task FloodAsync(DrillAdversary adversary, CancellationToken stop)
    {
        using var flooding = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var flood = Task.CompletedTask;
        await PhaseAsync(
            "flooding member", () => Run(() => flood = Task.Run(() => adversary.FloodAsync(flooding.Token), CancellationToken.None)),
            async () =>
            {
                await flooding.CancelAsync().ConfigureAwait(false);
                await flood.ConfigureAwait(false);
            },
            false, () => $"banned by {Sites.Count(s => s.Output.Contains("disconnected and banned", StringComparison.Ordinal))} of {Sites.Count}", stop).ConfigureAwait(false);
    }

    /// <param name="begin">Begins the fault.</param>
    /// <param name="end">Ends it; the quorum is back when it returns.</param>
    private async Task PhaseAsync(
        string fault, Func<Task> begin, Func<Task> end, bool quorumLost, Func<string>? note, CancellationToken stop)
    {
        progress(fault);
        await begin().ConfigureAwait(false);
        // A block that was decided in the very moment of the fault may still be dated after it.
        var from = Now() + (quorumLost ? request.BlockInterval : TimeSpan.Zero);
        for (int turn = 0; Now() < from + request.FaultTime; turn++)
        {
            Load(turn);
            await Task.Delay(Poll, clock, stop).ConfigureAwait(false);
        }

        var to = Now();
        await end().ConfigureAwait(false);
        var back = Now();
        var first = await AfterAsync(back, stop).ConfigureAwait(false);
        int during = Sites[0].Blocks(out _).Count(b => Time(b) > from && Time(b) < to);
        double recovery = (first - back).TotalSeconds;
        _phases.Add(new DrillPhase(
            fault, Math.Round((to - from).TotalSeconds, 2), during, quorumLost, Math.Round(recovery, 2), Math.Round(recovery / request.BlockInterval.TotalSeconds, 2),
            note?.Invoke() ?? ""));
    }

    /// <summary>The time of the first block that is later than <paramref name="moment"/>.</summary>
    private async Task<DateTimeOffset> AfterAsync(DateTimeOffset moment, CancellationToken stop)
    {
        DateTimeOffset? first = null;
        await UntilAsync(
            () => (first = Sites[0].Blocks(out _).Select(Time).Cast<DateTimeOffset?>().FirstOrDefault(time => time > moment)) is not null,
            () => $"no block after {moment:T}", stop).ConfigureAwait(false);
        return first!.Value;
    }

    private async Task EnterAsync(string[] members, IDrillNetwork network)
    {
        var gateway = new Gateway.Gateway(
            AdversaryName, DrillConsortium.GatewayOf(request, request.Folder, AdversaryName, members, network), _consortium.CertificateOf(AdversaryName), _ => { });
        _adversary = new DrillAdversary(gateway, _consortium.Genesis, AdversaryName, _consortium.IdentityOf(AdversaryName));
        await gateway.StartAsync().ConfigureAwait(false);
        await UntilAsync(() => _adversary.Links == Sites.Count, () => $"the adversary has {_adversary.Links} links", CancellationToken.None).ConfigureAwait(false);
    }

    private void Load(int turn)
    {
        if (_adversary is null)
            return;
        var identities = _consortium.Genesis.Members.Members.Select(m => (m.Id, Identity: _consortium.IdentityOf(m.Id))).ToArray();
        _adversary.Load([.. identities.Select(i => (i.Id, (Ledger.Crypto.ISigner)i.Identity.Signer))], turn);
        foreach (var (_, identity) in identities)
            identity.Dispose();
    }

    private async Task StartAsync(IReadOnlyList<DrillSite> sites, CancellationToken stop)
    {
        foreach (var site in sites)
            site.Start();
        foreach (var site in sites)
            await UntilUpAsync(site, stop).ConfigureAwait(false);
    }

    private async Task UntilUpAsync(DrillSite site, CancellationToken stop)
    {
        await UntilAsync(() => site.IsUp || !site.IsRunning, () => $"{site.Name} does not start:\n{site.Output}", stop).ConfigureAwait(false);
        if (!site.IsRunning)
            throw new CommandFailedException($"{site.Name} ended:\n{site.Output}");
    }

    private async Task<DrillResult> JudgeAsync(long began, CancellationToken stop)
    {
        progress("all catch up; the journals are verified and compared");
        long target = Sites.Max(s => s.Blocks(out _).Count);
        await UntilAsync(() => Sites.All(s => s.Blocks(out _).Count >= target), () => $"not all have reached height {target}", stop).ConfigureAwait(false);
        foreach (var site in Sites)
            await site.StopAsync(request.Patience).ConfigureAwait(false);
        var journals = Sites.Select(s => (s.Name, Blocks: s.Blocks(out string? fault), Fault: fault)).ToArray();
        int common = journals.Min(j => j.Blocks.Count);
        int forks = Enumerable.Range(0, common).Count(h => journals.Select(j => j.Blocks[h].Block.Id).Distinct().Count() > 1);
        var blocks = journals[0].Blocks;
        return new DrillResult(
            request.Members, request.Adversary, request.Namespaces ? "namespaces" : "relays", request.BlockInterval.TotalSeconds, _phases,
            journals.ToDictionary(j => j.Name, j => (long)j.Blocks.Count), forks, [.. journals.Where(j => j.Fault is not null).Select(j => $"{j.Name}: {j.Fault}")],
            _adversary?.Shown ?? 0, blocks.Sum(b => b.Block.Evidence.Count), blocks.Sum(b => b.Block.Transactions.Count), Math.Round(clock.GetElapsedTime(began).TotalSeconds, 1));
    }

    private async Task UntilAsync(Func<bool> condition, Func<string> missing, CancellationToken stop)
    {
        long began = clock.GetTimestamp();
        while (!condition())
        {
            if (clock.GetElapsedTime(began) > request.Patience)
            {
                throw new CommandFailedException(
                    $"{missing()} within {request.Patience.TotalSeconds:0} s\n" + string.Join('\n', Sites.Select(s => $"--- {s.Name}\n{s.Output}")));
            }

            await Task.Delay(Poll, clock, stop).ConfigureAwait(false);
        }
    }

    private DateTimeOffset Now() => clock.GetUtcNow();

    private static DateTimeOffset Time(AppliedBlock block) => DateTimeOffset.FromUnixTimeMilliseconds(block.Block.Header.Time);

    private static Task EachAsync(IEnumerable<DrillSite> sites, Func<DrillSite, Task> act) => Task.WhenAll(sites.Select(act));

    private static Task Run(Action act)
    {
        act();
        return Task.CompletedTask;
    }
}
