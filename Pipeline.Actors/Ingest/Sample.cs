namespace Pipeline.Actors.Ingest;

/// <summary>Which part of a site's data a patient belongs to; decided once by the hash of the patient's pseudonym.</summary>
public enum DataSplit
{
    Train = 0,
    Validation = 1,
    Test = 2,
}

/// <summary>One preprocessed, de-identified, labelled image.</summary>
/// <param name="Id">HMAC of the SOP Instance UID under the site key (hex).</param>
/// <param name="Patient">HMAC of the patient id under the site key (hex).</param>
/// <param name="Label">Index into the task's classes.</param>
/// <param name="Pixels">Height × Width, row-major, 0 … 65535 over the image's window.</param>
public sealed record Sample(string Id, string Patient, int Label, DataSplit Split, int Height, int Width, ushort[] Pixels);
