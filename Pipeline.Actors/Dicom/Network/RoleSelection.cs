namespace Pipeline.Actors.Dicom.Network;

/// <summary>Which roles the requestor may take for a SOP class (PS3.7 D.3.3.4).</summary>
public readonly record struct RoleSelection(string SopClassUid, bool Scu, bool Scp);
