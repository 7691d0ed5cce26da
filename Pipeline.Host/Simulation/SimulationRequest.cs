namespace Pipeline.Host.Simulation;

/// <summary>What a person asks of <c>pipeline sim</c>.</summary>
/// <param name="Sweeps">Members and schedules, in the order given.</param>
/// <param name="Seed">Of the first schedule of every sweep; schedule i runs from <paramref name="Seed"/> + i.</param>
/// <param name="Mutants">Broken variants to catch, each in every sweep; empty for the correct rules.</param>
/// <param name="Threads">The result does not depend on it.</param>
/// <param name="JsonFile">Where to write the machine-readable result; null writes none.</param>
/// <param name="TraceFile">Where to write what happens, a line each, on one thread; null writes nothing.</param>
public sealed record SimulationRequest(
    IReadOnlyList<(int Members, int Schedules)> Sweeps, long Seed, IReadOnlyList<string> Mutants, int Threads, string? JsonFile,
    string? TraceFile);
