using Pipeline.Host.Demo.Phantoms;

namespace Pipeline.Host.Import;

/// <param name="Folder">Made for the images; must not hold any yet.</param>
/// <param name="Hospital">Its scanner and its patients follow from the name.</param>
public sealed record PhantomRequest(string Folder, string Hospital, PhantomTask Task, int Count, int Seed);
