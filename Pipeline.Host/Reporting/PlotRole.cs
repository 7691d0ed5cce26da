namespace Pipeline.Host.Reporting;

/// <summary>What a mark of a plot stands for. The page's style sheet decides its colour, so a plot follows light and dark.</summary>
internal enum PlotRole
{
    /// <summary>Local-only training; dense fp32.</summary>
    Baseline,

    /// <summary>Collaborative training; a partial update; the run with the bridge.</summary>
    Main,

    /// <summary>Personal models.</summary>
    Personal,

    /// <summary>The run without the bridge.</summary>
    Control,

    /// <summary>Centralized training, a target, a bar.</summary>
    Reference,

    /// <summary>Grid lines.</summary>
    Grid,

    /// <summary>Axis lines.</summary>
    Axis,
}
