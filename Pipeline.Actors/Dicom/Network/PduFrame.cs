namespace Pipeline.Actors.Dicom.Network;

/// <summary>A decoded PDU, or why the bytes are none; nothing follows a fault.</summary>
public readonly record struct PduFrame(Pdu? Pdu, Fault? Fault);
