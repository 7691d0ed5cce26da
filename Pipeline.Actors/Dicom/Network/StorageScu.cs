using Akka;
using Akka.Streams.Dsl;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>The storage SCU as a stage.</summary>
public static class StorageScu
{
    /// <summary>
    /// Instances in, what became of each out, in their order. As many are under way as the association has operations; without demand none is begun. A
    /// lost association is a fault of each instance behind it.
    /// </summary>
    public static Flow<OutgoingInstance, (OutgoingInstance Instance, Outcome<DimseStatus> Answer), NotUsed> Flow(DicomAssociation association) =>
        Akka.Streams.Dsl.Flow.Create<OutgoingInstance>()
            .SelectAsync(association.Operations, async instance => (instance, await StoreAsync(association, instance).ConfigureAwait(false)));

    /// <summary>Proposals for a set of instances: a context for each class and syntax, the uncompressed syntaxes of a class together.</summary>
    public static IReadOnlyList<(string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes)> Proposals(IEnumerable<OutgoingInstance> instances) =>
    [
        .. instances.Select(instance => (instance.SopClassUid, Compressed: IsUncompressed(instance.TransferSyntaxUid) ? "" : instance.TransferSyntaxUid))
            .Distinct()
            .Select(kind => (kind.SopClassUid, kind.Compressed.Length == 0 ? AssociationNegotiator.MessageSyntaxes : [kind.Compressed])),
    ];

    private static bool IsUncompressed(string syntax) => AssociationNegotiator.MessageSyntaxes.Contains(syntax);

    /// <summary>As it is where the peer takes its syntax; an uncompressed one also in the other order that the peer has chosen.</summary>
    private static async Task<Outcome<DimseStatus>> StoreAsync(DicomAssociation association, OutgoingInstance instance)
    {
        if (!IsUncompressed(instance.TransferSyntaxUid) || association.Contexts.Any(
            context => context.AbstractSyntax == instance.SopClassUid && context.TransferSyntax == instance.TransferSyntaxUid))
        {
            try
            {
                return await association.StoreAsync(instance).ConfigureAwait(false);
            }
            catch (Exception error) when (error is FileNotFoundException or UnauthorizedAccessException)
            {
                return new Fault($"cannot be read: {error.Message}");
            }
        }
        using Stream file = instance.Open();
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes).ConfigureAwait(false);
        Outcome<DicomDataSet> dataSet = DicomReader.ReadDataSet(bytes.ToArray(), TransferSyntax.Of(instance.TransferSyntaxUid));
        return dataSet.Ok ? await association.StoreAsync(dataSet.Value).ConfigureAwait(false) : dataSet.Fault;
    }
}
