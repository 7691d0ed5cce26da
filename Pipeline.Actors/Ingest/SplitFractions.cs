namespace Pipeline.Actors.Ingest;

/// <summary>Share of patients per split; the rest is <see cref="DataSplit.Train"/>.</summary>
public sealed record SplitFractions(double Validation = .15, double Test = .15)
{
    /// <summary>
    /// The split of a patient: the first 64 bits of the pseudonym as a fraction of one. It depends on the patient and the site key alone, so it
    /// does not move as images arrive, and all images of a patient share it.
    /// </summary>
    /// <param name="patient">Pseudonym, hex, at least 16 digits.</param>
    public DataSplit Of(string patient)
    {
        double u = ulong.Parse(patient.AsSpan(0, 16), System.Globalization.NumberStyles.HexNumber, null) / 18446744073709551616.0;
        return u < Test ? DataSplit.Test : u < Test + Validation ? DataSplit.Validation : DataSplit.Train;
    }
}
