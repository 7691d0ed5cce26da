namespace Pipeline.Actors.Dicom.Network;

/// <summary>Who the peer says its user is (PS3.7 D.3.3.7). What it proves that by is neither kept nor logged.</summary>
/// <param name="Type">1 user name, 2 with passcode, 3 Kerberos, 4 SAML, 5 JSON web token.</param>
/// <param name="ResponseRequested">Whether the peer wants to hear that the identity was verified.</param>
public readonly record struct UserIdentity(byte Type, bool ResponseRequested);
