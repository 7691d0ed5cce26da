namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Photometric Interpretation (PS3.3 C.7.6.3.1.2).</summary>
public enum Photometric
{
    /// <summary>The smallest value is white.</summary>
    Monochrome1,
    Monochrome2,
    PaletteColor,
    Rgb,

    /// <summary>ITU-R BT.601 full range, one chrominance pair a pixel.</summary>
    YbrFull,

    /// <summary>One chrominance pair for two pixels of a row; stored as Y1 Y2 CB CR.</summary>
    YbrFull422,

    /// <summary>Y from 16 to 235, CB and CR from 16 to 240, subsampled as <see cref="YbrFull422"/> where uncompressed.</summary>
    YbrPartial422,

    /// <summary>Y from 16 to 235, one chrominance pair for four pixels; compressed images alone.</summary>
    YbrPartial420,

    /// <summary>The irreversible color transform of JPEG 2000; its decoder gives RGB.</summary>
    YbrIct,

    /// <summary>The reversible color transform of JPEG 2000; its decoder gives RGB.</summary>
    YbrRct,

    /// <summary>Retired or unknown.</summary>
    Other,
}
