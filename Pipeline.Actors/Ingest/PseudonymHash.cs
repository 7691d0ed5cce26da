using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Actors.Ingest;

/// <summary>128 bits that stand for a pseudonym where many are held in memory.</summary>
internal static class PseudonymHash
{
    /// <summary>Of an empty text as of any other; an absent accession number therefore equals another absent one and no label is keyed by it.</summary>
    public static UInt128 Of(string pseudonym) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(pseudonym)));
}
