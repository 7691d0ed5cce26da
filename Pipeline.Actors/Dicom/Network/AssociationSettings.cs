namespace Pipeline.Actors.Dicom.Network;

/// <summary>Whom to call, as whom, and for what.</summary>
/// <param name="SopClasses">Storage classes to propose beside Verification; at most 120.</param>
/// <param name="Timeout">For connecting and for each answer.</param>
public sealed record AssociationSettings(
    string Host, int Port, string CalledAe, string CallingAe, IReadOnlyList<string> SopClasses, TimeSpan Timeout, int MaxPduLength = 131072);
