using Pipeline.Actors.Ingest.Requests;

namespace Pipeline.Host.Commands;

/// <summary>What stands behind <c>pipeline quarantine</c>. Each returns an exit code; a chain of null is every chain.</summary>
public interface IQuarantineOperations
{
    /// <summary>Prints what is held.</summary>
    /// <param name="jsonFile">Also writes it there; null writes none.</param>
    Task<int> ListAsync(SiteFolder site, string? chain, string? jsonFile, Terminal terminal, CancellationToken stop);

    /// <summary>Prints one instance.</summary>
    /// <param name="to">Also writes the original there; null writes none.</param>
    Task<int> ShowAsync(SiteFolder site, string? chain, long instance, string? to, Terminal terminal, CancellationToken stop);

    /// <summary>Leaves a decision for the site and waits for it where the site runs.</summary>
    /// <param name="instances">Spool sequences; empty where <paramref name="heldFor"/> is given.</param>
    /// <param name="heldFor">Every instance held for this reason.</param>
    Task<int> DecideAsync(
        SiteFolder site, OperatorAction action, string? chain, IReadOnlyList<long> instances, string? heldFor, string reason, Terminal terminal,
        CancellationToken stop);
}
