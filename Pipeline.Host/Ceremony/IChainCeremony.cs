using Pipeline.Host.Commands;

namespace Pipeline.Host.Ceremony;

/// <summary>What <c>pipeline chain create</c>, <c>show</c>, <c>sign</c> and <c>join</c> do; each returns an exit code.</summary>
public interface IChainCeremony
{
    Task<int> CreateAsync(ChainCreation request, Terminal terminal, CancellationToken stop);

    /// <param name="file">A proposal, which stays as it is.</param>
    Task<int> ShowAsync(string file, Terminal terminal, CancellationToken stop);

    /// <param name="file">A proposal; the signature is added to it.</param>
    Task<int> SignAsync(string file, CeremonySite site, Terminal terminal, CancellationToken stop);

    /// <param name="files">One proposal, or copies of it that were signed apart.</param>
    /// <param name="aeTitle">Under which its images arrive; null: the chain's name in upper case.</param>
    /// <param name="labels">A CSV file; null for none yet.</param>
    Task<int> JoinAsync(
        IReadOnlyList<string> files, CeremonySite site, string? aeTitle, string? labels, Terminal terminal, CancellationToken stop);
}
