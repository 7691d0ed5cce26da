namespace Pipeline.Actors.Training.Sharing;

/// <summary>How long a step's gradient took.</summary>
/// <param name="Batch">Images.</param>
/// <param name="Parts">That it was cut into; 1 where it was computed here alone.</param>
/// <param name="Time">Until the batch's gradient was there.</param>
public readonly record struct StepTime(int Batch, int Parts, TimeSpan Time)
{
    /// <summary>Images of the largest part.</summary>
    public int Largest => (Batch + Parts - 1) / Parts;
}
