namespace Pipeline.Ledger.Blocks;

/// <summary>
/// The rules by which blocks are made and executed, by number. A genesis names the first, members decide to go on to the next from a height on,
/// and every header names its own; what a block did under the rules of its height stays so in every later build.
/// </summary>
public static class ProtocolVersion
{
    /// <summary>Members, policy and bridge are those of the genesis; members can pause, resume, stop, restart, readmit and upgrade.</summary>
    public const int FixedMembers = 1;

    /// <summary>Members come, leave and change keys; policy and bridge are governed; a member can withdraw.</summary>
    public const int ChangingMembers = 2;

    /// <summary>The newest that this build knows.</summary>
    public const int Newest = ChangingMembers;
}
