namespace Pipeline.Host.Doctor;

/// <param name="ConfigFile">Null looks at the machine alone.</param>
/// <param name="JsonFile">Also writes the findings there; null writes none.</param>
/// <param name="Offline">Asks no peer and no PACS.</param>
public sealed record DoctorRequest(string? ConfigFile, string? JsonFile, bool Offline);
