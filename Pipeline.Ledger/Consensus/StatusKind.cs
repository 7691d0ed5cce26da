namespace Pipeline.Ledger.Consensus;

/// <summary>Why a member says where it stands.</summary>
public enum StatusKind
{
    /// <summary>From time to time, to all.</summary>
    Announcement = 0,

    /// <summary>Wants an <see cref="Answer"/>.</summary>
    Question = 1,

    /// <summary>Names the newest signatures of whoever asked.</summary>
    Answer = 2,
}
