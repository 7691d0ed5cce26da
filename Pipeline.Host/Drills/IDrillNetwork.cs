namespace Pipeline.Host.Drills;

/// <summary>What joins the processes of a drill, and can be taken from them.</summary>
internal interface IDrillNetwork : IAsyncDisposable
{
    /// <summary>Where a site listens, as address:port.</summary>
    string ListenOf(string site);

    /// <summary>Where <paramref name="from"/> dials <paramref name="to"/>.</summary>
    string AddressOf(string from, string to);

    /// <summary>The command that runs a program where the site is.</summary>
    (string File, IReadOnlyList<string> Arguments) Place(string site, string file, IReadOnlyList<string> arguments);

    /// <summary>As pulling the cable: nothing arrives, nothing is closed.</summary>
    Task CutAsync(string site);

    Task MendAsync(string site);
}
