using System.Globalization;

namespace Pipeline.Host.Reporting;

/// <summary>Numbers as the report, the tables and the live display print them: one way each, culture-free.</summary>
internal static class Quantities
{
    private const string Unknown = "–";

    /// <summary>"0.912"; a dash when undefined.</summary>
    public static string Auc(double auc) => double.IsFinite(auc) ? auc.ToString("0.000", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>A difference of two AUCs in points (hundredths), signed: "+1.2", "−8.3".</summary>
    public static string Points(double difference)
    {
        if (!double.IsFinite(difference))
            return Unknown;
        var points = Math.Round(difference * 100, 1, MidpointRounding.AwayFromZero);
        var digits = Math.Abs(points).ToString("0.0", CultureInfo.InvariantCulture);
        return points < 0 ? "−" + digits : points > 0 ? "+" + digits : digits;
    }

    /// <summary>Decimal units: "873 B", "3.4 kB", "12.0 MB".</summary>
    public static string Bytes(double bytes)
    {
        if (!double.IsFinite(bytes))
            return Unknown;
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        var unit = 0;
        while (bytes >= 999.95 && unit < units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }

        return bytes.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + units[unit];
    }

    /// <summary>"1,234".</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"3.2 s", "118 s".</summary>
    public static string Seconds(double seconds) =>
        double.IsFinite(seconds) ? seconds.ToString(seconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " s" : Unknown;

    /// <summary>"1,204 MiB".</summary>
    public static string MiB(double mebibytes) =>
        double.IsFinite(mebibytes) ? mebibytes.ToString("N0", CultureInfo.InvariantCulture) + " MiB" : Unknown;

    /// <summary>How many times smaller: "1/213".</summary>
    public static string Fraction(long part, long whole) =>
        part > 0 && whole > 0 ? "1/" + ((double)whole / part).ToString("0", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>A round, or "never" for one that did not come.</summary>
    public static string Round(int? round) => round is { } known ? known.ToString(CultureInfo.InvariantCulture) : "never";

    /// <summary>A number in as few digits as it needs: "0.01", "−0.5", "150".</summary>
    public static string Number(double number) => number.ToString("0.####", CultureInfo.InvariantCulture).Replace('-', '−');
}
