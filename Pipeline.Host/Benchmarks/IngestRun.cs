namespace Pipeline.Host.Benchmarks;

/// <summary>One timed run.</summary>
/// <param name="Receiver">disk (the raw durable ceiling), pipeline, storescp or Orthanc.</param>
/// <param name="Sender">disk, pipeline (this program's SCU) or storescu.</param>
/// <param name="Operations">Outstanding at once on each association; writers of the disk have one.</param>
/// <param name="NoDelay">TCP_NODELAY at sender and receiver; without, both as they come.</param>
/// <param name="Rate">Instances a second, over all associations.</param>
public sealed record IngestRun(string Receiver, string Sender, int Associations, int Operations, bool NoDelay, double Rate);
