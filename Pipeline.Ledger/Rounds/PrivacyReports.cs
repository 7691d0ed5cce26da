namespace Pipeline.Ledger.Rounds;

/// <summary>What each member last reported to have spent: only ever more, and never beyond the chain's budget. Pure; by member id.</summary>
internal sealed class PrivacyReports
{
    private readonly SortedDictionary<string, PrivacySpent> _last = new(StringComparer.Ordinal);

    public IReadOnlyList<PrivacySpent> All => [.. _last.Values];

    /// <summary>Null when the contribution's report is in order; otherwise what is wrong with it.</summary>
    public string? Check(PrivacyPolicy? policy, string member, Contribution contribution)
    {
        long spent = contribution.SpentMicro;
        if (policy is null)
            return spent == 0 ? null : "it reports what its privacy has cost; this chain's policy has no differential privacy";
        if (spent == 0)
            return "it reports nothing of what its privacy has cost; this chain's policy demands differential privacy";
        if (spent > policy.BudgetMicro)
            return $"'{member}' would have spent ε × 10⁶ = {spent}; this chain's budget is {policy.BudgetMicro}";
        return _last.TryGetValue(member, out var last) && spent < last.SpentMicro
            ? $"'{member}' reports ε × 10⁶ = {spent} after it reported {last.SpentMicro} in round {last.Round}; what is spent does not come back"
            : null;
    }

    public void Take(string member, Contribution contribution)
    {
        if (contribution.SpentMicro > 0)
            _last[member] = new PrivacySpent(member, contribution.Round, contribution.SpentMicro);
    }

    public void Restore(IReadOnlyList<PrivacySpent> reports)
    {
        _last.Clear();
        foreach (var report in reports)
            _last[report.Member] = report;
    }
}
