using System.Security.Cryptography;
using System.Text;
using Pipeline.Host.Ceremony;

namespace Pipeline.Host.Monitoring;

/// <summary>What readers, or operators, show at the status port: 256 random bits in a file that its owner alone may read, made on first use.</summary>
internal sealed class StatusToken
{
    private const int Bytes = 32, MinLength = 16;

    private readonly byte[] _digest;

    public StatusToken(string token) => _digest = SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <exception cref="IOException">The file cannot be read or made, or holds no token.</exception>
    public static StatusToken LoadOrCreate(string file)
    {
        if (!File.Exists(file))
            OwnerFile.Write(file, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes)) + "\n"), replace: false);
        return new StatusToken(Read(file));
    }

    /// <exception cref="IOException">The file cannot be read, or holds no token.</exception>
    public static string Read(string file) => File.ReadLines(file).FirstOrDefault()?.Trim() is { Length: >= MinLength } token
        ? token : throw new IOException($"'{file}' holds no token of at least {MinLength} characters on its first line; remove it to have one made");

    /// <summary>Why two files that are there cannot hold the tokens of readers and of operators; null where they can.</summary>
    /// <exception cref="IOException">One of them cannot be read, or holds no token.</exception>
    public static string? FaultOf(string operatorFile, string readerFile) =>
        CryptographicOperations.FixedTimeEquals(new StatusToken(Read(operatorFile))._digest, new StatusToken(Read(readerFile))._digest)
            ? $"'{operatorFile}' holds the same token as '{readerFile}', so every reader could change things" : null;

    /// <summary>RFC 6750 (<c>Bearer TOKEN</c>), and for browsers RFC 7617 (<c>Basic</c>, any user, the token as password). Takes as long for a wrong one as for the right one.</summary>
    public bool Admits(string? authorization)
    {
        string shown = authorization?.Split(' ', 2) switch
        {
            [var scheme, var token] when scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) => token.Trim(),
            [var scheme, var pair] when scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) => Password(pair.Trim()),
            _ => "",
        };
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), _digest);
    }

    /// <summary>By the scheme Bearer alone, which no browser sends by itself: no page can have somebody's browser change something.</summary>
    public bool AdmitsBearer(string? authorization) =>
        authorization?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) == true && Admits(authorization);

    private static string Password(string pair)
    {
        byte[] bytes = new byte[pair.Length];
        if (!Convert.TryFromBase64String(pair, bytes, out int length))
            return "";
        string text = Encoding.UTF8.GetString(bytes, 0, length);
        int colon = text.IndexOf(':');
        return colon < 0 ? "" : text[(colon + 1)..];
    }
}
