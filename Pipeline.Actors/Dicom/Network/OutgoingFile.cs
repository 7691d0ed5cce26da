using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Reads of a file what C-STORE needs to send it as it is; the data set itself stays on the disk.</summary>
public static class OutgoingFile
{
    private const int HeadBytes = 65536;
    private const int PreambleLength = 128;

    /// <summary>A file that cannot be read, or is no DICOM, is a fault.</summary>
    public static Outcome<OutgoingInstance> Read(string path)
    {
        byte[] head;
        try
        {
            using FileStream file = File.OpenRead(path);
            head = new byte[Math.Min(HeadBytes, file.Length)];
            file.ReadExactly(head);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new Fault($"cannot be read: {error.Message}");
        }
        bool preamble = head.Length >= PreambleLength + 4 && head.AsSpan(PreambleLength, 4).SequenceEqual("DICM"u8);
        int start = preamble ? PreambleLength + 4 : 0;
        var meta = new DicomDataSet();
        var parser = new DataSetParser(head, start, TransferSyntax.ExplicitLittle, new DicomReadLimits());
        if (!parser.ReadGroup(meta, 0x0002))
            return parser.Fault!;
        TransferSyntax syntax = TransferSyntax.Of(meta.Text(DicomTags.TransferSyntaxUid) ?? TransferSyntax.ImplicitLittle.Uid);
        DicomDataSet identity = DicomReader.ReadHead(head.AsMemory(parser.Position), syntax, new DicomTag(0x00080019));
        string? sopClass = identity.Text(DicomTags.SopClassUid) ?? meta.Text(DicomTags.MediaStorageSopClassUid);
        string? instance = identity.Text(DicomTags.SopInstanceUid) ?? meta.Text(DicomTags.MediaStorageSopInstanceUid);
        if (sopClass is null || instance is null)
            return new Fault(preamble ? "has no SOP class or instance UID; a directory?" : "is no DICOM file: no preamble, and no implicit little endian data set");
        long offset = parser.Position;
        return new OutgoingInstance(sopClass, instance, syntax.Uid, () => OpenAt(path, offset));
    }

    private static FileStream OpenAt(string path, long offset)
    {
        // The association reads in fragments of its own; a buffer between would only copy.
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        file.Seek(offset, SeekOrigin.Begin);
        return file;
    }
}
