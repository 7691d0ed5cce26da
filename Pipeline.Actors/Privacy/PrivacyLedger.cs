using System.Globalization;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Actors.Privacy;

/// <summary>
/// What a site has spent of its patients' privacy on one chain: an append-only file of <see cref="PrivacyCharge"/>s, each on the disk before the
/// training it pays for begins. A crash can only make it say too much. One caller at a time.
/// </summary>
public sealed class PrivacyLedger : IDisposable
{
    private readonly string _path;
    private readonly double _delta;
    private readonly RecordLog _log;
    private RdpAccountant _accountant = new();
    private string? _damage;

    private PrivacyLedger(string path, double delta, IDurableFileSystem files)
    {
        _path = path;
        _delta = delta;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var stretches = new Dictionary<(double Rate, double Noise), long>();
        _log = RecordLog.Open(files, path, PrivacyCharge.Length, (offset, bytes) =>
        {
            if (PrivacyCharge.TryDecode(bytes.Span) is not { } charge || charge.Sequence != Charges + 1)
            {
                _damage ??= $"{path} is damaged at byte {offset}: no charge {Charges + 1}";
                return;
            }

            Take(charge);
            stretches[(charge.Rate, charge.Noise)] = stretches.GetValueOrDefault((charge.Rate, charge.Noise)) + charge.Steps;
        });
        // One record may be half written when the power goes. More than that is a damaged file, whose end would otherwise be forgotten.
        if (_log.TornBytes > RecordFrame.OnceLength + PrivacyCharge.Length)
            _damage ??= $"{path} is damaged after charge {Charges}: {_log.TornBytes} bytes behind it are beside the file as '.torn-…'";
        foreach (var ((rate, noise), steps) in stretches)
            _accountant.Add(rate, noise, steps);
        SpentMicro = Micro(_accountant);
    }

    /// <summary>ε × 10⁶ spent so far, rounded up.</summary>
    public long SpentMicro { get; private set; }

    /// <summary>Rounds of training that were paid for.</summary>
    public long Charges { get; private set; }

    /// <summary>The newest round that was paid for; 0 before the first.</summary>
    public long LastRound { get; private set; }

    /// <param name="delta">δ that ε is said at.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public static PrivacyLedger Open(string path, double delta, IDurableFileSystem files) => new(path, delta, files);

    /// <summary>
    /// Pays for a round's training, durably, or says why it must not begin: the budget is exhausted, or the file is damaged or an old copy of what this
    /// site has already said or done.
    /// </summary>
    /// <param name="units">Patients (or images) in the snapshot that the round trains on.</param>
    /// <param name="reportedMicro">What the chain holds as this site's word; 0 where it never gave one.</param>
    /// <param name="answeredRound">The newest round that the site's training state has answered.</param>
    /// <returns>Null when paid.</returns>
    /// <exception cref="IOException">The disk refused; nothing was paid, and nothing may be trained.</exception>
    public string? TryCharge(PrivacyTerms terms, int units, long round, Digest model, long reportedMicro, long answeredRound)
    {
        if (_damage is not null)
            return $"{_damage}; restore the newest copy of the file, or leave the chain: what was spent is not known";
        if (reportedMicro > SpentMicro + 1 || answeredRound > LastRound)
        {
            return $"{_path} is an old copy: it ends at round {LastRound} and ε = {Text(SpentMicro)}, but this site has answered round "
                + $"{answeredRound} and reported ε = {Text(reportedMicro)}; restore the newest copy, or leave the chain";
        }

        var charge = new PrivacyCharge(Charges + 1, round, model, terms.Rate(units), terms.Noise, terms.Steps);
        var after = _accountant.Fork();
        after.Add(charge.Rate, charge.Noise, charge.Steps);
        long spent = Micro(after);
        if (spent > (long)Math.Floor(terms.Budget * 1e6))
        {
            return $"the privacy budget is exhausted: ε = {Text(SpentMicro)} is spent, another round would make it {Text(spent)}, the limit is "
                + $"{terms.Budget.ToString("0.######", CultureInfo.InvariantCulture)} (δ = {_delta.ToString("0.#e0", CultureInfo.InvariantCulture)}); this site trains no more on the chain";
        }

        try
        {
            _log.Append([charge.Encode()]);
            _log.Flush();
        }
        catch (IOException)
        {
            _log.Rollback();
            throw;
        }

        _accountant = after;
        Take(charge);
        SpentMicro = spent;
        return null;
    }

    public void Dispose() => _log.Dispose();

    private void Take(PrivacyCharge charge)
    {
        Charges = charge.Sequence;
        LastRound = Math.Max(LastRound, charge.Round);
    }

    private long Micro(RdpAccountant accountant) => (long)Math.Ceiling(Math.Min(accountant.Epsilon(_delta), 1e12) * 1e6);

    private static string Text(long micro) => (micro * 1e-6).ToString("0.0000", CultureInfo.InvariantCulture);
}
