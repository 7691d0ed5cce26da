using System.Globalization;
using Spectre.Console;

namespace Pipeline.Host.Experiments;

/// <summary>How far an experiment is: a bar for each arm under way in a terminal, a line now and then in a log.</summary>
internal static class ExperimentProgress
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(30);

    /// <param name="kept">Cells that an earlier run left.</param>
    /// <param name="work">Runs the cells and reports each one's share, 0 … 1, from any thread.</param>
    public static void Run(
        IAnsiConsole console, IReadOnlyList<ExperimentCell> cells, int kept, TimeProvider clock, Action<Action<ExperimentCell, double>> work)
    {
        if (kept > 0)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kept} arms are kept from an earlier run, {cells.Count} are to be run"));
        if (cells.Count == 0)
            return;
        if (console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi)
            Bars(console, cells, work);
        else
            Lines(console, cells, clock, work);
    }

    private static void Bars(IAnsiConsole console, IReadOnlyList<ExperimentCell> cells, Action<Action<ExperimentCell, double>> work) => console.Progress()
        .AutoClear(true).HideCompleted(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .Start(context =>
        {
            var all = context.AddTask("all", maxValue: cells.Sum(c => c.Arm.Cost));
            var bars = new Dictionary<ExperimentCell, ProgressTask>();
            work((cell, share) =>
            {
                lock (bars)
                {
                    if (!bars.TryGetValue(cell, out var bar))
                        bars[cell] = bar = context.AddTask(Markup.Escape(cell.Name), maxValue: 1);
                    all.Increment((share - bar.Value) * cell.Arm.Cost);
                    bar.Value = share;
                }
            });
        });

    private static void Lines(IAnsiConsole console, IReadOnlyList<ExperimentCell> cells, TimeProvider clock, Action<Action<ExperimentCell, double>> work)
    {
        double total = cells.Sum(c => c.Arm.Cost);
        var shares = new Dictionary<ExperimentCell, double>();
        long begun = clock.GetTimestamp(), told = begun;
        work((cell, share) =>
        {
            lock (shares)
            {
                shares[cell] = share;
                if (share < 1 && clock.GetElapsedTime(told) < PlainInterval)
                    return;
                told = clock.GetTimestamp();
                double done = shares.Sum(s => s.Value * s.Key.Arm.Cost) / total;
                var left = clock.GetElapsedTime(begun) * ((1 - done) / Math.Max(done, 1e-6));
                console.Profile.Out.Writer.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{100 * done,3:0} % · {cell.Name} {100 * share:0} % · about {Math.Ceiling(left.TotalMinutes)} min left"));
            }
        });
    }
}
