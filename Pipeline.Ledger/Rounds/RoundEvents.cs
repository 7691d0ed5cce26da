using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>Sites may train: the base model is attested by a quorum (round 1: named by the genesis).</summary>
/// <param name="Round">From 1.</param>
/// <param name="Base">Digest of the <see cref="FixedPointModel"/> to start from.</param>
/// <param name="Seed">Id of the block that opened the round; seeds every pseudo-random choice of the round.</param>
/// <param name="Branch">What the round goes on with.</param>
public sealed record RoundOpened(long Round, Digest Base, Digest Seed, long DeadlineHeight, RoundBranch Branch = default) : IChainEvent;

/// <summary>Members voted to try a backbone: from this round on, rounds with it and without it take turns.</summary>
/// <param name="Round">The trial's first, which is one with the backbone.</param>
public sealed record TrialBegan(long Round, AuxiliaryBlend Auxiliary) : IChainEvent;

/// <summary>Both branches have had their rounds: every member compares the two models on its own held-out images and votes.</summary>
/// <param name="Began">The trial's first round.</param>
/// <param name="Own">Model of the branch without the backbone.</param>
/// <param name="Offered">Model of the branch with it.</param>
/// <param name="DeadlineHeight">Where n−f members have not voted for the backbone by then, training goes on without it.</param>
public sealed record TrialReady(long Began, Digest Own, Digest Offered, long DeadlineHeight) : IChainEvent;

/// <summary>An accepted backbone is never tried, and goes into no model.</summary>
public sealed record TrialRefused(AuxiliaryBlend Auxiliary, string Reason) : IChainEvent;

/// <summary>Training goes on in one branch; the rounds of the other are part of no later model.</summary>
/// <param name="Began">The trial's first round.</param>
/// <param name="Accepted">The branch with the backbone goes on.</param>
/// <param name="Model">What goes on.</param>
public sealed record TrialEnded(long Began, bool Accepted, Digest Model, string Reason) : IChainEvent;

/// <summary>No more contributions: every replica aggregates these payloads, in this order, and attests the result.</summary>
/// <param name="Contributions">Payload digests by member, ordered by seat.</param>
/// <param name="Auxiliary">A backbone accepted by the members, or tried from this round on, blended in after the aggregate; or null.</param>
public sealed record RoundClosed(
    long Round, Digest Base, IReadOnlyList<RoundContribution> Contributions, AuxiliaryBlend? Auxiliary) : IChainEvent, ICanonical<RoundClosed>
{
    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(4).Int(Round).Digest(Base).List(Contributions).List(Auxiliary is null ? [] : new[] { Auxiliary }).EndArray();

    public static RoundClosed ReadFrom(CanonicalReader reader)
    {
        reader.Array(4);
        var closed = new RoundClosed(
            reader.Int(1), reader.Digest(), reader.List<RoundContribution>(MemberSet.MaxMembers), reader.List<AuxiliaryBlend>(1).FirstOrDefault());
        reader.EndArray();
        return closed;
    }
}

public sealed record RoundContribution(string Member, Digest Payload) : ICanonical<RoundContribution>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Text(Member).Digest(Payload).EndArray();

    public static RoundContribution ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var contribution = new RoundContribution(reader.Text(Crypto.Member.MaxIdLength), reader.Digest());
        reader.EndArray();
        return contribution;
    }
}

/// <param name="Payload">Digest of the auxiliary backbone's payload.</param>
/// <param name="AlphaQ16">w + α(aux − w), α in Q16.</param>
public sealed record AuxiliaryBlend(Digest Payload, int AlphaQ16) : ICanonical<AuxiliaryBlend>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Digest(Payload).Int(AlphaQ16).EndArray();

    public static AuxiliaryBlend ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var blend = new AuxiliaryBlend(reader.Digest(), reader.Int32(0, RoundPolicy.One));
        reader.EndArray();
        return blend;
    }
}

/// <summary>n−f members attested the same digests.</summary>
/// <param name="Backbone">Digest of the model's backbone payload, the only part a bridge may carry.</param>
public sealed record RoundFinalized(long Round, Digest Model, Digest Backbone) : IChainEvent;

/// <summary>Members decided that the round comes to nothing: what was contributed to it is in no model.</summary>
public sealed record RoundAbandoned(long Round) : IChainEvent;

/// <summary>Members decided to go on from the model of an earlier final round; those after it are no part of any later model.</summary>
public sealed record TrainingRestarted(long FromRound, Digest Model) : IChainEvent;

/// <summary>Contributions wait until <see cref="TrainingResumed"/>.</summary>
public sealed record TrainingPaused(long Round) : IChainEvent;

/// <param name="DeadlineHeight">The new deadline of the open round, or of the trial that is judged.</param>
public sealed record TrainingResumed(long Round, long DeadlineHeight) : IChainEvent;

/// <summary>The last round is final, or members stopped training: sites personalize.</summary>
/// <param name="Round">The last final round; 0 when there was none.</param>
public sealed record TrainingCompleted(long Round, Digest Model) : IChainEvent;

/// <summary>A member published coarse fixed-point metrics of a final model on its own validation data.</summary>
public sealed record MetricsReported(string Member, long Round, int AucPpm, int SizeBucket) : IChainEvent;

/// <summary>The deadline came with fewer contributions than the policy's quorum.</summary>
public sealed record RoundExtended(long Round, long DeadlineHeight) : IChainEvent;

/// <summary>Members decided that an excluded one contributes again.</summary>
public sealed record MemberReadmitted(string Member) : IChainEvent;

/// <summary>A member signed two conflicting statements, and its contributions count no more.</summary>
/// <param name="Round">The learning round from which on.</param>
public sealed record MemberExcluded(string Member, long Round) : IChainEvent;

/// <summary>A member takes no part in rounds from <paramref name="Round"/> on, by its own decision.</summary>
/// <param name="Erase">The payloads of its contributions are deleted everywhere, but those of a closed round until it is final.</param>
public sealed record MemberWithdrew(string Member, long Round, bool Erase) : IChainEvent;
