using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>A checked update as integers: <c>Values[k]</c> is added at flat index <c>Indices[k]</c>, in that tensor's fixed-point scale.</summary>
/// <param name="Indices">Distinct flat indices: every dense coordinate in layout order, then the selected backbone ascending.</param>
public sealed record DecodedUpdate(long Round, Digest Base, int[] Indices, int[] Values);
