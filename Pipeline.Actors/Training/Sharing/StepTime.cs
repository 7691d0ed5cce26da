namespace Pipeline.Actors.Training.Sharing;

/// <summary>How long a step's gradient took.</summary>
/// <param name="Own">Images of the part that was computed here.</param>
/// <param name="Computing">Of that part.</param>
/// <param name="Largest">Images of the largest part; those of the batch where it was not shared.</param>
/// <param name="Whole">Until the batch's gradient was there.</param>
/// <param name="Shared">Whether every part came from where it was sent.</param>
public readonly record struct StepTime(int Own, TimeSpan Computing, int Largest, TimeSpan Whole, bool Shared);
