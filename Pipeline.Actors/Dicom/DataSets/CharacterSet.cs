using System.Text;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>Where a set of two-byte characters lives (ISO 2022).</summary>
internal enum DoublePlane
{
    /// <summary>Bytes without the high bit.</summary>
    G0,

    /// <summary>As <see cref="G0"/>, in the third set of EUC.</summary>
    G0Third,

    /// <summary>Bytes with the high bit, beside ASCII.</summary>
    G1,
}

/// <summary>A set of characters that bytes of a text may be in.</summary>
/// <param name="Encoding">For <see cref="DoublePlane.G0"/>, the EUC form, in which both bytes have the high bit.</param>
/// <param name="IsDouble">Two bytes a character.</param>
internal sealed record CharacterSet(Encoding Encoding, bool IsDouble, DoublePlane Plane = DoublePlane.G1)
{
    private const byte ThirdSet = 0x8F;

    public void Decode(ReadOnlySpan<byte> bytes, StringBuilder into)
    {
        if (!IsDouble || Plane == DoublePlane.G1)
        {
            into.Append(Encoding.GetString(bytes));
            return;
        }
        var euc = new List<byte>(bytes.Length * 2);
        for (int i = 0; i < bytes.Length; i++)
        {
            // Control characters and a lone last byte stand for themselves.
            if (bytes[i] is < 0x21 or > 0x7E || i + 1 == bytes.Length)
            {
                euc.Add(bytes[i]);
                continue;
            }
            if (Plane == DoublePlane.G0Third)
                euc.Add(ThirdSet);
            euc.Add((byte)(bytes[i] | 0x80));
            euc.Add((byte)(bytes[++i] | 0x80));
        }
        into.Append(Encoding.GetString([.. euc]));
    }
}
