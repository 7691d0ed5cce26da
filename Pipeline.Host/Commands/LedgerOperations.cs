using Pipeline.Host.Reporting;
using Pipeline.Ledger.Sync;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>Journals are read where they lie, without a site.</summary>
internal sealed partial class LedgerOperations : ILedgerOperations
{
    public Task<int> VerifyAsync(LedgerPlace place, string? trustedHeader, string? jsonFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        TrustedHeader? trusted = null;
        if (trustedHeader is not null && !TrustedHeader.TryParse(trustedHeader, out trusted, out string? error))
            throw new CommandFailedException(error) { ExitCode = ExitCode.Usage };
        var reports = new List<VerificationReport>();
        foreach (var journal in LedgerSource.All(place))
        {
            stop.ThrowIfCancellationRequested();
            var report = LedgerVerifier.Verify(journal, trusted);
            reports.Add(report);
            terminal.Out.WriteLine(report.FirstBad is { } bad
                ? $"BAD  {report.Journal}: record {bad.Record} (height {bad.Height}): {bad.What}"
                : $"ok   {report.Journal}: chain {report.Chain}, member {report.Member}, height {report.Height}, {report.Records} records");
        }

        LedgerJson.Write(
            jsonFile,
            reports.Select(r => new { Journal = r.Journal.Name, r.Chain, r.ChainId, r.Member, r.Height, r.Records, r.Ok, r.FirstBad }));
        return reports.All(r => r.Ok) ? ExitCode.Ok : ExitCode.Failed;
    }, stop);

    public Task<int> ShowAsync(LedgerPlace place, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var reader = Open(place);
        var members = reader.Genesis.Members;
        terminal.Out.WriteLine($"chain {reader.Genesis.Name}, id {reader.Genesis.ChainId}");
        terminal.Out.WriteLine($"members {string.Join(", ", members.Members.Select(m => m.Id))}; a quorum is {members.Quorum}");
        terminal.Out.Write(LedgerTables.Blocks(Until(reader.Blocks(), stop)));
        return Finish(reader, terminal);
    }, stop);

    public Task<int> ExportAsync(LedgerPlace place, string? toFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var reader = Open(place);
        if (toFile is not null && File.Exists(toFile))
            throw new CommandFailedException($"'{toFile}' exists; an export overwrites nothing");
        using var file = toFile is null ? null : File.CreateText(toFile);
        var to = file ?? terminal.Out.Profile.Out.Writer;
        to.WriteLine(LedgerJson.Of(reader.Genesis).ToJsonString(LedgerJson.Line));
        long blocks = 0;
        foreach (var block in Until(reader.Blocks(), stop))
        {
            to.WriteLine(LedgerJson.Of(block).ToJsonString(LedgerJson.Line));
            blocks++;
        }

        if (toFile is not null)
            terminal.Out.WriteLine($"{Quantities.Count(blocks)} blocks of chain {reader.Genesis.Name} in {toFile}");
        return Finish(reader, terminal);
    }, stop);

    private static LedgerReader Open(LedgerPlace place)
    {
        var journal = LedgerSource.One(place);
        return LedgerReader.TryOpen(journal, out var reader, out string? fault)
            ? reader
            : throw new CommandFailedException($"journal {journal} cannot be read: {fault}; 'pipeline ledger verify' says more");
    }

    private static IEnumerable<AppliedBlock> Until(IEnumerable<AppliedBlock> blocks, CancellationToken stop)
    {
        foreach (var block in blocks)
        {
            stop.ThrowIfCancellationRequested();
            yield return block;
        }
    }

    /// <summary>What was shown ends where the journal can no longer be believed.</summary>
    private static int Finish(LedgerReader reader, Terminal terminal)
    {
        if (reader.FirstBad is not { } bad)
            return ExitCode.Ok;
        terminal.Complain($"journal {reader.Journal} ends for this command at record {bad.Record} (height {bad.Height}): {bad.What}");
        return ExitCode.Failed;
    }
}
