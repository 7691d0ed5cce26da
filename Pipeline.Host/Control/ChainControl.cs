using Akka.Actor;
using Pipeline.Host.Commands;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Control;

/// <summary>What an operator can ask of the chains of a running site; votes and withdrawals are signed with the site's member key.</summary>
/// <param name="rotation">Of that key.</param>
/// <param name="chains">Those that the site has joined, at this moment.</param>
internal sealed class ChainControl(string site, MemberKeyRotation rotation, Func<IEnumerable<GovernedChain>> chains)
{
    private const string Erase = "erase";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task<ControlResponse> AnswerAsync(ControlRequest request, CancellationToken stop)
    {
        if (FaultOf(request) is { } fault)
            return ControlResponse.Refuse(fault);
        if (request is { Verb: "status", Chain: null })
            return new ControlResponse(true, [.. chains().OrderBy(c => c.Genesis.Name, StringComparer.Ordinal).SelectMany(Status)]);
        if (chains().FirstOrDefault(c => c.Genesis.Name == request.Chain) is not { } chain)
            return ControlResponse.Refuse($"site '{site}' has not joined chain '{request.Chain}'");
        switch (request.Verb)
        {
            case "status":
                return new ControlResponse(true, [.. Status(chain)]);
            case "propose":
                if (request.Words is ["rotate-key"])
                    return await RotateKeyAsync(chain, stop).ConfigureAwait(false);
                return ProposalWords.TryParse(request.Words, chain.View(), out string? error) is { } action
                    ? await VoteAsync(chain, action, stop).ConfigureAwait(false)
                    : ControlResponse.Refuse(error!);
            case "approve":
                return await ApproveAsync(chain, request.Words.FirstOrDefault(), stop).ConfigureAwait(false);
            case "apply":
                return Apply(chain);
            case "withdraw":
                var withdrawal = new Withdrawal(chain.View().Round.Round, request.Words is [Erase]);
                return await SubmitAsync(chain, chain.Transactions.Create(withdrawal), "the withdrawal", stop).ConfigureAwait(false);
            default:
                return ControlResponse.Refuse($"'{request.Verb}' is nothing that a site can be asked");
        }
    }

    /// <summary>
    /// Why the words are none that the verb takes: what is not understood must not be left out, since a withdrawal without its "erase" is another one. The
    /// words of <c>propose</c> are for <see cref="ProposalWords"/> to judge.
    /// </summary>
    private static string? FaultOf(ControlRequest request)
    {
        if (request.Words is null || Array.IndexOf(request.Words, null) >= 0)
            return "the words of a request are a list of texts, none of them null";
        var (known, takes) = request.Verb switch
        {
            "withdraw" => (request.Words is [Erase, ..] ? 1 : 0, $"nothing, or the word '{Erase}'"),
            "approve" => (request.Words is [var member, ..] && !member.StartsWith('-') ? 1 : 0, "nothing, or the name of the member whose proposal it is"),
            "apply" or "status" => (0, "nothing"),
            _ => (request.Words.Length, ""),
        };
        return known < request.Words.Length ? $"'{request.Words[known][..Math.Min(80, request.Words[known].Length)]}' is unknown: {request.Verb} takes {takes}" : null;
    }

    private static Task<ControlResponse> VoteAsync(GovernedChain chain, GovernanceAction action, CancellationToken stop)
    {
        long sequence = chain.View().Governance.Sequence;
        return SubmitAsync(
            chain, chain.Transactions.Create(new GovernanceVote(sequence, action)), $"the vote on decision {sequence}: {ProposalWords.Describe(action)}", stop);
    }

    /// <summary>The same proposal however often it is asked for: votes count for equal bytes.</summary>
    private async Task<ControlResponse> RotateKeyAsync(GovernedChain chain, CancellationToken stop)
    {
        if (chain.View().Rules.Members.Find(site) is not { } seat)
            return ControlResponse.Refuse($"'{site}' is no member of chain '{chain.Genesis.Name}' and has no key there to change");
        if (rotation.Keys.Find(seat.Key) is null)
            return ControlResponse.Refuse($"chain '{chain.Genesis.Name}' knows '{site}' by {seat.Key}, which this site has not");
        ISigner next;
        try
        {
            next = rotation.Next();
        }
        catch (CommandFailedException e)
        {
            return ControlResponse.Refuse(e.Message);
        }

        if (next.PublicKey == seat.Key)
        {
            return ControlResponse.Refuse(
                $"chain '{chain.Genesis.Name}' has gone over to {seat.Key} already; another key can be made when the other chains of this site have, too");
        }

        var possession = KeyPossession.Create(chain.Genesis.ChainId, site, 0, chain.Genesis.ChainId, next);
        return await VoteAsync(chain, new GovernanceAction.RotateKey(possession), stop).ConfigureAwait(false);
    }

    private static async Task<ControlResponse> ApproveAsync(GovernedChain chain, string? member, CancellationToken stop)
    {
        var votes = chain.View().Governance.Votes;
        var proposed = (member is null ? votes : votes.Where(v => v.Member == member)).DistinctBy(v => v.Action.Id).ToArray();
        return proposed.Length switch
        {
            1 => await VoteAsync(chain, proposed[0].Action, stop).ConfigureAwait(false),
            0 => ControlResponse.Refuse(member is null ? "nothing is proposed" : $"'{member}' has proposed nothing"),
            _ => ControlResponse.Refuse($"{proposed.Length} actions are proposed; say whose by --of MEMBER: {string.Join("; ", proposed.Select(v => $"{v.Member}: {ProposalWords.Describe(v.Action)}"))}"),
        };
    }

    /// <summary>What the members need to let this site in: shown to them, and worth nothing to anybody else.</summary>
    private ControlResponse Apply(GovernedChain chain)
    {
        if (chain.View().Rules.Members.IndexOf(site) >= 0)
            return ControlResponse.Refuse($"'{site}' is a member of chain '{chain.Genesis.Name}' already");
        var (height, block) = chain.View().Checkpoint;
        return new ControlResponse(true, [Convert.ToHexStringLower(Canonical.Encode(KeyPossession.Create(chain.Genesis.ChainId, site, height, block, rotation.Keys.All[0])))]);
    }

    private static async Task<ControlResponse> SubmitAsync(GovernedChain chain, Transaction transaction, string what, CancellationToken stop)
    {
        object answer;
        try
        {
            answer = await chain.Replica.Ask<object>(new ChainProtocol.Submit(transaction), Patience, stop).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return ControlResponse.Refuse($"the replica of chain '{chain.Genesis.Name}' does not answer; the site's log says why");
        }

        return answer is ChainProtocol.SubmitRefused refused
            ? ControlResponse.Refuse($"chain '{chain.Genesis.Name}' refuses {what}: {refused.Reason}")
            : new ControlResponse(true, [$"{what} waits for a block of chain '{chain.Genesis.Name}' as transaction {transaction.Id.Short}"]);
    }

    private IEnumerable<string> Status(GovernedChain chain)
    {
        var view = chain.View();
        var rules = view.Rules;
        yield return $"chain {chain.Genesis.Name} ({chain.Genesis.ChainId.Short}) at height {view.Height}, protocol version {rules.Version}, epoch {rules.Epoch}";
        yield return $"  members  {string.Join(", ", rules.Members.Members.Select(m => m.Id))}; a decision takes {rules.Members.Quorum}";
        if (rules.EndsEpoch)
            yield return $"  next     {string.Join(", ", rules.NextMembers.Members.Select(m => m.Id))}";
        if (rules.Members.Find(site) is not { } own)
            yield return $"  '{site}' is no member and follows; 'pipeline chain apply {chain.Genesis.Name}' says what the members need to let it join";
        else if (rotation.Keys.Find(own.Key) is null)
            yield return $"  '{site}' is a member with another key ({own.Key}) than this site's, and signs nothing";
        if (rotation.Keys.All is [_, var next])
            yield return $"  key      {(rules.Members.Find(site)?.Key == next.PublicKey ? "changed" : "to be changed")} to {next.PublicKey}";
        if (view.PendingUpgrade is { } upgrade)
            yield return $"  upgrade  to protocol version {upgrade.Version} from height {upgrade.Height} on; this build knows versions up to {ProtocolVersion.Newest}";
        yield return $"  round    {view.Round.Round}, {view.Round.Phase.ToString().ToLowerInvariant()}{(view.Round.Paused ? ", paused" : "")}; {Without(view)}quorum {view.Policy.Quorum}, deadline {view.Policy.DeadlineBlocks} blocks";
        if (view.Round.Trial is { } trial)
            yield return $"  trial    of {trial.Auxiliary.Payload.Short} since round {trial.Began}: {TrialWords.Describe(view.Round, trial, rules.Members.Quorum)}";
        foreach (string line in Bridge(view))
            yield return line;
        yield return $"  decision {view.Governance.Sequence} is open";
        foreach (var proposed in view.Governance.Votes.GroupBy(v => v.Action.Id))
        {
            yield return $"    {ProposalWords.Describe(proposed.First().Action)}: {string.Join(", ", proposed.Select(v => v.Member))} ({proposed.Count()} of {rules.Members.Quorum})";
        }
    }

    private static string Without(LearningView view)
    {
        string excluded = view.Round.Excluded.Count == 0 ? "" : $"excluded {string.Join(", ", view.Round.Excluded)}; ";
        return excluded + (view.Round.Withdrawn.Count == 0 ? "" : $"withdrawn {string.Join(", ", view.Round.Withdrawn)}; ");
    }

    private static IEnumerable<string> Bridge(LearningView view)
    {
        if (view.Bridge.Suspended)
            yield return "  bridge   suspended by the members";
        foreach (var grant in view.Bridge.Grants)
            yield return $"  to       {ProposalWords.Describe(new GovernanceAction.Grant(grant))[6..]}; {view.Bridge.Acknowledged.GetValueOrDefault(grant.Chain)} packets acknowledged";
        foreach (var channel in view.Channels)
        {
            var client = channel.Client;
            yield return $"  from     {client.Chain.Name}: epoch {client.Epoch}, height {client.Height}, next packet {channel.NextSequence}"
                + (client.CheckUsable(view.Time) is { } unusable ? $"; {unusable}" : "");
        }

        if (view.Bridge.Limits is { } limits)
            yield return $"  limits   {ProposalWords.Describe(new GovernanceAction.LimitBridge(limits))[6..]}";
    }
}
