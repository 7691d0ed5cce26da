using System.Globalization;
using System.Security.Cryptography;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;
using Spectre.Console;

namespace Pipeline.Host.Ceremony;

/// <summary>How a chain begins: one member proposes, every member signs, every member installs.</summary>
internal sealed class ChainCeremony : IChainCeremony
{
    public Task<int> CreateAsync(ChainCreation request, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        if (File.Exists(request.OutputFile))
            throw new CommandFailedException($"'{request.OutputFile}' exists; a proposal is never overwritten");
        MemberCard[] cards = [.. request.CardFiles.Select(CeremonyFile.ReadCard).OrderBy(card => card.Member, StringComparer.Ordinal)];
        foreach (var same in cards.GroupBy(card => card.Key).Where(group => group.Count() > 1))
            throw new CommandFailedException($"{string.Join(" and ", same.Select(card => $"'{card.Member}'"))} have the same member key; each card is of a site of its own, made by 'pipeline init'");
        var (terms, errors) = ChainTerms.Load(request.TermsFile, cards.Length);
        if (terms is null)
        {
            foreach (var error in errors)
                terminal.Complain(error.ToString());
            return ExitCode.Usage;
        }

        Genesis[] trusted = [.. request.TrustedFiles.Select(Trusted)];
        ulong seed = request.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var proposal = terms.Propose(request.Chain, cards, trusted, seed, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        CeremonyFile.Write(request.OutputFile, proposal);
        Describe(proposal, terminal);
        terminal.Out.WriteLine($"proposal: {request.OutputFile}; every member signs it with 'pipeline chain sign', then installs it with 'pipeline chain join'");
        return ExitCode.Ok;
    }, stop);

    public Task<int> ShowAsync(string file, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        Describe(CeremonyFile.ReadProposal(file), terminal);
        return ExitCode.Ok;
    }, stop);

    public Task<int> SignAsync(string file, CeremonySite site, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var proposal = CeremonyFile.ReadProposal(file);
        using var identity = site.Open();
        string member = MemberOf(proposal, identity, file);
        proposal = proposal.With(new GenesisSignature(member, identity.Signer.Sign(GenesisSignature.SigningBytes(proposal.Genesis.ChainId))));
        CeremonyFile.Write(file, proposal);
        Describe(proposal, terminal);
        terminal.Out.WriteLine(
            $"signed by {member}; " + (proposal.Missing.Count == 0 ? "all members have signed" : $"not yet by {string.Join(", ", proposal.Missing)}"));
        return ExitCode.Ok;
    }, stop);

    public Task<int> JoinAsync(IReadOnlyList<string> files, CeremonySite site, string? aeTitle, string? labels, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var proposal = Merge(files);
        if (proposal.Missing.Count > 0)
            throw new CommandFailedException($"'{files[0]}' is not signed by {string.Join(", ", proposal.Missing)}; a chain begins when all members have signed");
        using var identity = site.Open();
        string member = MemberOf(proposal, identity, files[0]);
        var genesis = proposal.Genesis;
        var folder = new ChainFolder(site.DataDirectory, genesis.Name);
        string joined = Path.Combine(site.DataDirectory, SiteConfiguration.JoinedFolder, $"{genesis.Name}.conf");
        // A site that joins again keeps what it said before.
        aeTitle ??= Said(joined, $"pipeline.chains.{genesis.Name}.ae-title") ?? TitleOf(genesis.Name);
        labels ??= Said(joined, $"pipeline.chains.{genesis.Name}.labels");
        string configuration = Configuration(proposal, member, aeTitle, labels);
        if (site.ConfigurationFile is { } file && SiteConfiguration.Load(file, null, out _, (joined, configuration)) is { IsValid: false } result)
        {
            ConfigCommand.Complain(result, terminal);
            throw new CommandFailedException($"chain '{genesis.Name}' is not joined and nothing was written: the site could not start so; see --ae-title and --labels");
        }

        try
        {
            folder.WriteGenesis(genesis);
        }
        catch (InvalidOperationException e)
        {
            throw new CommandFailedException(e.Message, e);
        }

        new FilePayloadStore(folder.Payloads, long.MaxValue).Put(proposal.InitialModel);
        CeremonyFile.Write(Path.Combine(folder.Root, "genesis.proposal"), proposal);
        string? replaced = File.Exists(joined) && File.ReadAllText(joined) != configuration ? Settings(joined, genesis.Name) : null;
        Directory.CreateDirectory(Path.GetDirectoryName(joined)!);
        File.WriteAllText(joined, configuration);
        terminal.Out.WriteLine($"chain {genesis.Name}, id {genesis.ChainId}: {genesis.Members.Count} members have signed, and {member} is one of them");
        terminal.Out.WriteLine($"genesis: {folder.GenesisFile}");
        if (replaced is not null)
            terminal.Out.WriteLine($"this site had joined before; replaced: {replaced}");
        terminal.Out.WriteLine($"configuration: {joined}; what the site's own file says wins over it");
        terminal.Out.WriteLine(
            $"images arrive under AE title {aeTitle}; " + (labels is null ? "nothing joins labels to them yet, see --labels"
                : File.Exists(labels) ? $"labels: {labels}" : $"labels: {labels}, which is not there yet, so that images wait"));
        terminal.Out.WriteLine("(re)start the site, and it takes part");
        return ExitCode.Ok;
    }, stop);

    private static GenesisProposal Merge(IReadOnlyList<string> files)
    {
        var merged = CeremonyFile.ReadProposal(files[0]);
        foreach (string file in files.Skip(1))
        {
            var other = CeremonyFile.ReadProposal(file);
            if (other.Genesis.ChainId != merged.Genesis.ChainId)
                throw new CommandFailedException($"'{file}' is of chain {other.Genesis.ChainId.Short}, '{files[0]}' of {merged.Genesis.ChainId.Short}: two proposals, not one");
            merged = other.Signatures.Aggregate(merged, (all, signature) => all.With(signature));
        }

        return merged;
    }

    private static string MemberOf(GenesisProposal proposal, SiteIdentity identity, string file) =>
        proposal.Genesis.Members.Members.FirstOrDefault(m => m.Key == identity.Signer.PublicKey)?.Id ?? throw new CommandFailedException(
            $"this site's member key {identity.Signer.PublicKey} is that of no member in '{file}'; was the card of another folder given?");

    /// <summary>A chain by its proposal or by its genesis.</summary>
    private static Genesis Trusted(string file)
    {
        if (File.Exists(file) && new FileInfo(file).Length <= Genesis.MaxApplicationBytes * 2L &&
            Canonical.TryDecode<Genesis>(File.ReadAllBytes(file), out var genesis, out _))
            return genesis;
        var proposal = CeremonyFile.ReadProposal(file);
        return proposal.Missing.Count == 0
            ? proposal.Genesis
            : throw new CommandFailedException($"'{file}' is not signed by {string.Join(", ", proposal.Missing)}: nobody can trust it yet");
    }

    private static void Describe(GenesisProposal proposal, Terminal terminal)
    {
        var genesis = proposal.Genesis;
        var learning = Canonical.Decode<LearningGenesis>(genesis.Application);
        var (task, policy) = (learning.Task, learning.Policy);
        terminal.Out.WriteLine($"chain {genesis.Name}, id {genesis.ChainId}");
        terminal.Out.WriteLine($"  task: {task.Modality} {task.BodyPart}, {task.Height} × {task.Width}, classes {string.Join(", ", task.Classes)}, {task.Architecture}");
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  policy: {policy.Rounds} rounds, {policy.Quorum} contributions close one, {policy.LocalSteps} steps of {policy.BatchSize}, {policy.DensityPpm / 1e4:0.##} % of the backbone in an update"));
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  blocks: when there is a reason for one, and {genesis.Parameters.HeartbeatMs / 1000.0:0.###} s after the last"));
        if (policy.Privacy is { } privacy)
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  privacy: ε ≤ {privacy.BudgetMicro / 1e6:0.##}, δ = {privacy.DeltaPpb / 1e9:0.#######}, of one {(privacy.Unit == PrivacyUnit.Patient ? "patient" : "image")}"));
        }

        if (policy.Aggregation is { } robust)
            terminal.Out.WriteLine($"  aggregation: withstands {robust.Faults} false updates");
        if (policy.BridgeEvery > 0)
            terminal.Out.WriteLine($"  bridge: the backbone goes to {string.Join(", ", policy.BridgeGrants)} every {policy.BridgeEvery} rounds");
        foreach (var chain in learning.TrustedChains)
            terminal.Out.WriteLine($"  bridge: packets of {chain.Name} ({chain.ChainId.Short}…) are accepted");
        terminal.Out.WriteLine($"  first weights: {learning.InitialModel}");
        var members = genesis.Members;
        terminal.Out.WriteLine(members.Count == 1
            ? "  1 member, alone: for trials; production needs at least 4"
            : $"  {members.Count} members, {members.MaxFaulty} of which may be faulty:" + (members.MaxFaulty == 0 ? " for trials; production needs at least 4" : ""));
        foreach (var card in proposal.Cards)
        {
            terminal.Out.WriteLine(
                $"    {card.Member}  {card.Key}  {(card.Gateway.Length == 0 ? "only dials" : card.Gateway)}  " +
                (proposal.Missing.Contains(card.Member) ? "has not signed" : "has signed"));
        }
    }

    private static string Configuration(GenesisProposal proposal, string member, string aeTitle, string? labels)
    {
        string name = proposal.Genesis.Name;
        string peers = string.Concat(proposal.Cards.Where(c => c.Member != member && c.Gateway.Length > 0)
            .Select(c => $"\n    {c.Member} {{ address = \"{c.Gateway}\" }}"));
        string source = labels is null ? "" : $"\n    labels = \"{Path.GetFullPath(labels).Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
        return $$"""
            # Written by 'pipeline chain join': chain {{name}}, id {{proposal.Genesis.ChainId}}. The site's own file wins over this one.
            pipeline {
              chains.{{name}} {
                ae-title = "{{aeTitle}}"{{source}}
              }
              gateway.peers {{{peers}}
              }
            }

            """;
    }

    private static string Settings(string joined, string chain) =>
        $"AE title {Said(joined, $"pipeline.chains.{chain}.ae-title") ?? "none"}, labels {Said(joined, $"pipeline.chains.{chain}.labels") ?? "none"}";

    /// <summary>What an earlier join wrote; null where there was none, or it cannot be read.</summary>
    private static string? Said(string joined, string key) =>
        File.Exists(joined) && SiteConfiguration.ReadFile(joined).Layer?.Find(key) is { } value && value.IsString() ? value.GetString() : null;

    /// <summary>PS3.5 §6.2: 16 characters.</summary>
    private static string TitleOf(string chain) => chain.ToUpperInvariant()[..Math.Min(16, chain.Length)];
}
