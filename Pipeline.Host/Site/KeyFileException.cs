namespace Pipeline.Host.Site;

/// <summary>A key file is there and can be read, but not used; the message says why, and how to mend it.</summary>
internal sealed class KeyFileException(string message) : IOException(message);
