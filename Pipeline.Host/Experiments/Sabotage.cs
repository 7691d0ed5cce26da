namespace Pipeline.Host.Experiments;

/// <summary>What false members do.</summary>
internal enum Sabotage
{
    /// <summary>Nothing: all are honest.</summary>
    None,

    /// <summary>Send the negative of their own update.</summary>
    SignFlip,

    /// <summary>Train on turned labels.</summary>
    LabelFlip,

    /// <summary>A little is enough (Baruch et al. 2019): the honest mean less one deviation at each coordinate; the published z is 0 for so few members.</summary>
    Alie,

    /// <summary>Inner product manipulation (Xie et al. 2020): minus half of the honest mean.</summary>
    Ipm,

    /// <summary>All send what one honest member sends (Karimireddy et al. 2022).</summary>
    Mimic,

    /// <summary>Ten times an update that was trained on turned labels (model replacement, Bagdasaryan et al. 2020).</summary>
    Scaling,

    /// <summary>Send last round's payload again.</summary>
    Replay,

    /// <summary>Send what they learned five rounds ago as if it were new.</summary>
    Stale,

    /// <summary>Bytes that are NaN as numbers.</summary>
    NotANumber,
}
