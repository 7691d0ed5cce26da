using System.Buffers;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Puts messages together from fragments (PS3.8 annex E); for an end that receives small ones alone.</summary>
internal sealed class MessageAssembler
{
    private const int MaxBytes = 8 << 20;

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private DicomDataSet? _command;

    /// <returns>Null while more is to come; a fault where the fragments are no message.</returns>
    public Outcome<DimseMessage>? Add(PresentationDataValue value)
    {
        if (value.Command == _command is not null)
            return new Fault(value.Command ? "A command inside a data set." : "A data set without its command.");
        if (_bytes.WrittenCount + value.Data.Length > MaxBytes)
            return new Fault($"A message beyond {MaxBytes >> 20} MiB.");
        _bytes.Write(value.Data.Span);
        if (!value.Last)
            return null;
        byte[] whole = _bytes.WrittenSpan.ToArray();
        _bytes.Clear();
        if (_command is { } started)
        {
            _command = null;
            return new DimseMessage(value.ContextId, started, whole);
        }
        Outcome<DicomDataSet> command = DimseCommand.Decode(whole);
        if (!command.Ok)
            return command.Fault;
        if (command.Value.Int(DicomTags.CommandDataSetType) is null or DimseCommand.NoDataSet)
            return new DimseMessage(value.ContextId, command.Value, null);
        _command = command.Value;
        return null;
    }
}
