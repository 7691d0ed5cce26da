namespace Pipeline.Host.Demo.Phantoms;

/// <summary>One image as a scanner would store it.</summary>
/// <param name="Pixels">Rows × Columns, row-major, 12 bits stored in 16, unsigned.</param>
/// <param name="Label">0 = no finding, 1 = finding.</param>
/// <param name="PatientId">The hospital's own, unique across hospitals and tasks.</param>
/// <param name="Number">Ordinal of the image in its cohort.</param>
/// <param name="Monochrome1">Photometric interpretation MONOCHROME1 (low is bright) rather than MONOCHROME2.</param>
public sealed record PhantomImage(ushort[] Pixels, int Rows, int Columns, int Label, string PatientId, int Number, bool Monochrome1)
{
    public const int BitsStored = 12;
}
