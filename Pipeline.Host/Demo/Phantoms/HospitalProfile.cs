namespace Pipeline.Host.Demo.Phantoms;

/// <summary>What makes one hospital's images its own: the scanner, the patients it sees, and how often the finding is there.</summary>
/// <param name="Id">For instance <c>hospital-1</c>.</param>
/// <param name="Prevalence">Share of patients with the finding.</param>
/// <param name="Gain">Detector gain.</param>
/// <param name="Gamma">Tone curve of the scanner.</param>
/// <param name="Noise">Standard deviation of the detector noise, share of full scale.</param>
/// <param name="Blur">Passes of a 3×3 binomial filter (focal spot, scatter).</param>
/// <param name="UpperLobe">Share of findings in the upper half of the lung: case mix differs.</param>
/// <param name="HeartSize">Mean relative heart size (bedside AP images show a larger heart).</param>
/// <param name="Monochrome1">Stored inverted: low values are bright (DICOM PS3.3 C.7.6.3.1.2).</param>
public sealed record HospitalProfile(
    string Id, double Prevalence, double Gain, double Gamma, double Noise, int Blur, double UpperLobe, double HeartSize, bool Monochrome1);
