using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>What storage commitment says of the instances of one transaction (PS3.4 J.3.3).</summary>
/// <param name="RequestedBy">AE title that asked.</param>
/// <param name="Held">Durable here.</param>
/// <param name="Missing">Not held: no such object instance.</param>
public sealed record CommitmentReport(
    string TransactionUid, string RequestedBy, IReadOnlyList<SopReference> Held, IReadOnlyList<SopReference> Missing)
{
    private const ushort NoSuchObjectInstance = 0x0112;

    /// <summary>1 when everything is held, else 2.</summary>
    public ushort EventType => (ushort)(Missing.Count == 0 ? 1 : 2);

    /// <summary>Judges a request by what is held.</summary>
    /// <returns>A fault where the request has no transaction, or names nothing.</returns>
    public static Outcome<CommitmentReport> Of(DicomDataSet request, string requestedBy, Func<string, bool> holds)
    {
        if (request.Text(CommandTags.TransactionUid) is not { } transaction)
            return new Fault("Transaction UID (0008,1195) is missing.");
        SopReference[] references = References(request.Find(CommandTags.ReferencedSopSequence));
        if (references.Length == 0)
            return new Fault("Referenced SOP Sequence (0008,1199) names no instance.");
        ILookup<bool, SopReference> found = references.ToLookup(reference => holds(reference.SopInstanceUid));
        return new CommitmentReport(transaction, requestedBy, [.. found[true]], [.. found[false]]);
    }

    /// <summary>Reads what an SCP reported; null where it names no transaction.</summary>
    public static CommitmentReport? Read(DicomDataSet reported) => reported.Text(CommandTags.TransactionUid) is { } transaction
        ? new CommitmentReport(
            transaction, "", References(reported.Find(CommandTags.ReferencedSopSequence)), References(reported.Find(CommandTags.FailedSopSequence)))
        : null;

    /// <summary>The data set of N-ACTION that asks for these instances.</summary>
    public static DicomDataSet Request(string transactionUid, IEnumerable<SopReference> references) => new DicomDataSet()
        .Set(CommandTags.TransactionUid, transactionUid)
        .Set(CommandTags.ReferencedSopSequence, [.. references.Select(Item)]);

    /// <summary>The data set of N-EVENT-REPORT.</summary>
    public DicomDataSet ToDataSet()
    {
        DicomDataSet report = new DicomDataSet().Set(CommandTags.TransactionUid, TransactionUid);
        if (Missing.Count > 0)
            report.Set(CommandTags.FailedSopSequence, [.. Missing.Select(reference => Item(reference).Set(CommandTags.FailureReason, NoSuchObjectInstance))]);
        if (Held.Count > 0)
            report.Set(CommandTags.ReferencedSopSequence, [.. Held.Select(Item)]);
        return report;
    }

    private static DicomDataSet Item(SopReference reference) => new DicomDataSet()
        .Set(DicomTags.ReferencedSopClassUid, reference.SopClassUid)
        .Set(DicomTags.ReferencedSopInstanceUid, reference.SopInstanceUid);

    private static SopReference[] References(DicomElement? sequence) =>
    [
        .. (sequence?.Items ?? [])
            .Select(item => new SopReference(item.Text(DicomTags.ReferencedSopClassUid) ?? "", item.Text(DicomTags.ReferencedSopInstanceUid) ?? ""))
            .Where(reference => reference.SopInstanceUid.Length > 0),
    ];
}
