namespace Pipeline.Actors.Dicom.Network;

/// <summary>The user information of an association beside the maximum length (PS3.7 annex D.3.3).</summary>
public sealed record UserItems
{
    public static UserItems None { get; } = new();

    public string ImplementationClassUid { get; init; } = "";

    public string ImplementationVersion { get; init; } = "";

    /// <summary>Null where one operation at a time is meant.</summary>
    public AsynchronousOperations? Window { get; init; }

    public IReadOnlyList<RoleSelection> Roles { get; init; } = [];

    public IReadOnlyList<ExtendedNegotiation> Extended { get; init; } = [];

    /// <summary>Null where none was sent.</summary>
    public UserIdentity? Identity { get; init; }
}
