namespace Pipeline.Actors.Dicom.Network;

/// <summary>What the associations of one server share.</summary>
/// <param name="Settings">In force now; an association keeps those that it began with.</param>
/// <param name="Admitted">Told the connection on which an association was accepted.</param>
/// <param name="Report">Takes storage commitment to be reported on an association of our own.</param>
internal sealed record AssociationHost(
    Func<DicomServerSettings> Settings, IInstanceSink Sink, AssociationSlots Slots, Action<DicomConnection> Admitted,
    Action<AssociationEffect.Report> Report);
