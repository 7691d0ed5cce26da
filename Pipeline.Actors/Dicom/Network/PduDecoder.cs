namespace Pipeline.Actors.Dicom.Network;

/// <summary>Cuts a byte stream into PDUs. Type and length are judged at the header, before any room for the body is made.</summary>
/// <param name="cap">The largest body accepted (bytes).</param>
public sealed class PduDecoder(int cap)
{
    private readonly byte[] _header = new byte[PduReader.HeaderLength];
    private byte[] _body = [];
    private int _headerUsed, _bodyLength = -1, _bodyUsed;

    /// <summary>
    /// Takes bytes from the front of <paramref name="input"/> until a PDU is whole. Data values of the frame lie in a buffer that the next call
    /// uses again.
    /// </summary>
    /// <returns>Null when more input is needed.</returns>
    public PduFrame? Next(ref ReadOnlyMemory<byte> input)
    {
        if (_bodyLength < 0)
        {
            Take(ref input, _header, ref _headerUsed, PduReader.HeaderLength);
            if (_headerUsed < PduReader.HeaderLength)
                return null;
            Outcome<int> length = PduReader.ReadHeader(_header, cap);
            if (!length.Ok)
                return new PduFrame(null, length.Fault);
            (_bodyLength, _bodyUsed) = (length.Value, 0);
        }
        // Room is made for what has come, not for what was announced.
        int needed = Math.Min(_bodyLength, _bodyUsed + input.Length);
        if (_body.Length < needed)
            Array.Resize(ref _body, Math.Min(_bodyLength, Math.Max(needed, 2 * _body.Length)));
        Take(ref input, _body, ref _bodyUsed, _bodyLength);
        if (_bodyUsed < _bodyLength)
            return null;
        Outcome<Pdu> pdu = PduReader.ReadBody(_header[0], _body.AsMemory(0, _bodyLength));
        (_headerUsed, _bodyLength) = (0, -1);
        return new PduFrame(pdu.Value, pdu.Fault);
    }

    private static void Take(ref ReadOnlyMemory<byte> input, byte[] into, ref int used, int needed)
    {
        int count = Math.Min(input.Length, needed - used);
        input.Span[..count].CopyTo(into.AsSpan(used));
        used += count;
        input = input[count..];
    }
}
