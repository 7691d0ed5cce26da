using Pipeline.Host.Site;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Host.Demo;

/// <summary>Kills a hospital's node in the middle of a round and lets it come back from its journals.</summary>
public sealed class FaultDrill(DemoConsortium consortium, DemoSites sites, DemoBoard board, TimeProvider clock)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static ChainJournal Journal(DemoHospital hospital, DemoConsortium.Agreement agreement) =>
        new ChainFolder(hospital.DataDirectory, agreement.Id).Journal(null);

    /// <summary>The others close the round without it; then it starts again on its folder.</summary>
    /// <returns>Seconds from the restart until its replica stood where the others were then; NaN when it never did.</returns>
    public async Task<double> KillAndRecoverAsync(DemoHospital victim, DemoConsortium.Agreement agreement, CancellationToken cancel)
    {
        string witness = consortium.Hospitals[0].Site;
        long round = board.Round(victim.Site, agreement.Id);
        board.Note($"{victim.Site} is killed in round {round}");
        await sites.KillAsync(victim.Site).ConfigureAwait(false);
        board.State(victim.Site, agreement.Id, "killed");
        await Until(() => board.Round(witness, agreement.Id) >= Math.Min(round + 1, agreement.Chain.Policy.Rounds), cancel).ConfigureAwait(false);

        long restarted = clock.GetTimestamp();
        var node = await sites.StartAsync(victim).ConfigureAwait(false);
        sites.Join(node, agreement);
        board.State(victim.Site, agreement.Id, "syncing");
        long height = sites.Node(witness).Chains[agreement.Id].View.Height;
        bool back = await Until(() => node.Chains[agreement.Id].View.Height >= height, cancel).ConfigureAwait(false);
        double seconds = back ? clock.GetElapsedTime(restarted).TotalSeconds : double.NaN;
        board.Note($"{victim.Site} is back at height {height} after {seconds:0.0} s");
        return seconds;
    }

    private async Task<bool> Until(Func<bool> condition, CancellationToken cancel)
    {
        long start = clock.GetTimestamp();
        while (!condition())
        {
            if (clock.GetElapsedTime(start) > Patience)
                return false;
            await Task.Delay(Poll, clock, cancel).ConfigureAwait(false);
        }

        return true;
    }
}
