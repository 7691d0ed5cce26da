using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Reads the user information item of A-ASSOCIATE (PS3.8 annex D.1, PS3.7 annex D.3.3). Unknown sub-items are passed over.</summary>
internal sealed class UserInformationReader
{
    private readonly List<RoleSelection> _roles = [];
    private readonly List<ExtendedNegotiation> _extended = [];

    /// <summary>0 is without limit.</summary>
    public int MaxLength { get; private set; }

    public UserItems Items { get; private set; } = UserItems.None;

    /// <param name="offset">Of the value in the PDU's body, for faults.</param>
    public Fault? Read(ReadOnlySpan<byte> value, int offset)
    {
        for (int at = 0; at < value.Length;)
        {
            Outcome<int> length = PduReader.Item(value, at);
            if (!length.Ok)
                return length.Fault with { Offset = offset + at };
            if (_roles.Count + _extended.Count > 2 * PduReader.MaxContexts)
                return new Fault($"More than {2 * PduReader.MaxContexts} roles and extended negotiations.", offset + at);
            if (!Take(value[at], value.Slice(at + 4, length.Value)))
                return new Fault($"User item 0x{value[at]:X2} of {length.Value} bytes cannot be read.", offset + at);
            at += 4 + length.Value;
        }
        Items = Items with { Roles = _roles, Extended = _extended };
        return null;
    }

    private bool Take(byte type, ReadOnlySpan<byte> value)
    {
        switch (type)
        {
            case 0x51:
                if (value.Length != 4)
                    return false;
                MaxLength = (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32BigEndian(value));
                return true;
            case 0x52:
                Items = Items with { ImplementationClassUid = PduReader.Printable(value) };
                return true;
            case 0x53:
                if (value.Length != 4)
                    return false;
                Items = Items with
                {
                    Window = new AsynchronousOperations(BinaryPrimitives.ReadUInt16BigEndian(value), BinaryPrimitives.ReadUInt16BigEndian(value[2..])),
                };
                return true;
            case 0x54:
                if (!Named(value, out string roleOf, out ReadOnlySpan<byte> roles) || roles.Length < 2)
                    return false;
                _roles.Add(new RoleSelection(roleOf, roles[0] == 1, roles[1] == 1));
                return true;
            case 0x55:
                Items = Items with { ImplementationVersion = PduReader.Printable(value) };
                return true;
            case 0x56:
                if (!Named(value, out string sopClass, out ReadOnlySpan<byte> information))
                    return false;
                _extended.Add(new ExtendedNegotiation(sopClass, information.ToArray()));
                return true;
            case 0x58:
                if (value.Length < 2)
                    return false;
                Items = Items with { Identity = new UserIdentity(value[0], value[1] == 1) };
                return true;
            default:
                return true;
        }
    }

    private static bool Named(ReadOnlySpan<byte> value, out string uid, out ReadOnlySpan<byte> rest)
    {
        uid = "";
        rest = default;
        if (value.Length < 2 || BinaryPrimitives.ReadUInt16BigEndian(value) is var length && length > value.Length - 2)
            return false;
        uid = PduReader.Printable(value.Slice(2, length));
        rest = value[(2 + length)..];
        return true;
    }
}
