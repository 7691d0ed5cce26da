using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>Proof that a member signed two different statements of one type for one height and round. Goes into blocks as evidence.</summary>
public sealed record Equivocation(
    StatementType Type, long Epoch, long Height, int Round, int Seat, ConflictingStatement First, ConflictingStatement Second)
    : ICanonical<Equivocation>
{
    /// <summary>The two statements in the order of their block ids, so that one fault has one evidence.</summary>
    public static Equivocation Of(
        StatementType type, long epoch, long height, int round, int seat, ConflictingStatement a, ConflictingStatement b)
    {
        bool ordered = (a.BlockId, a.ValidRound).CompareTo((b.BlockId, b.ValidRound)) <= 0;
        return new Equivocation(type, epoch, height, round, seat, ordered ? a : b, ordered ? b : a);
    }

    /// <summary>Null when both signatures are the member's and the statements differ; otherwise what is wrong.</summary>
    public string? Verify(Digest chainId, MemberSet members, ISignatureVerifier verifier)
    {
        if (Seat >= members.Count)
            return $"seat {Seat} is beyond the {members.Count} members";
        if ((First.BlockId, First.ValidRound) == (Second.BlockId, Second.ValidRound))
            return "the two statements are the same";
        return Holds(First) && Holds(Second) ? null : $"a signature of member '{members[Seat].Id}' does not verify";

        bool Holds(ConflictingStatement s) => verifier.Verify(
            members[Seat].Key, SignedStatement.Bytes(Type, chainId, Epoch, Height, Round, s.BlockId, s.ValidRound), s.Signature);
    }

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(7).Int((int)Type).Int(Epoch).Int(Height).Int(Round).Int(Seat).Item(First).Item(Second).EndArray();

    public static Equivocation ReadFrom(CanonicalReader reader)
    {
        reader.Array(7);
        var evidence = new Equivocation(
            (StatementType)reader.Int32((int)StatementType.Proposal, (int)StatementType.Precommit), reader.Int(0), reader.Int(1),
            reader.Int32(0), reader.Int32(0, MemberSet.MaxMembers - 1), reader.Item<ConflictingStatement>(),
            reader.Item<ConflictingStatement>());
        reader.EndArray();
        return evidence;
    }
}
