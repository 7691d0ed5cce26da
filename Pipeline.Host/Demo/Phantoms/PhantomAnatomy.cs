using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;

namespace Pipeline.Host.Demo.Phantoms;

/// <summary>One patient's chest: lengths in half image widths, the origin in the middle, y downwards, bright = dense.</summary>
internal sealed class PhantomAnatomy
{
    private readonly double _lungX, _lungY, _lungWidth, _lungHeight, _lung, _heart, _heartX, _spine, _ribs, _ribPhase, _ribBend, _ribContrast, _dome, _body;

    public PhantomAnatomy(SeededRandom random, double heartSize)
    {
        _lungX = random.NextDouble(0.36, 0.44);
        _lungY = random.NextDouble(-0.08, 0.04);
        _lungWidth = random.NextDouble(0.29, 0.36);
        _lungHeight = random.NextDouble(0.62, 0.74);
        _lung = random.NextDouble(0.26, 0.34);
        _heart = heartSize * random.NextDouble(0.9, 1.12);
        _heartX = random.NextDouble(0.08, 0.16);
        _spine = random.NextDouble(0.07, 0.10);
        _ribs = random.NextDouble(8, 10);
        _ribPhase = random.NextDouble();
        _ribBend = random.NextDouble(0.35, 0.75);
        _ribContrast = random.NextDouble(0.05, 0.09);
        _dome = random.NextDouble(0.45, 0.6);
        _body = random.NextDouble(0.50, 0.62);
    }

    /// <summary>A place inside a lung.</summary>
    /// <param name="side">−1 left, 1 right of the image.</param>
    /// <param name="along">−1 apex … 1 base.</param>
    /// <param name="across">−1 medial … 1 lateral.</param>
    public (double X, double Y) InLung(int side, double along, double across)
    {
        double width = _lungWidth * Math.Sqrt(Math.Max(0.1, 1 - along * along));
        return (side * (_lungX + width * across), _lungY + _lungHeight * along);
    }

    public void Render(float[] canvas, int side, SeededRandom random)
    {
        // Position differs a little from image to image of the same patient.
        double shiftX = random.NextDouble(-0.05, 0.05), shiftY = random.NextDouble(-0.05, 0.05), breath = random.NextDouble(0.94, 1.04);
        for (int row = 0; row < side; row++)
        {
            double y = 2 * (row + 0.5) / side - 1 - shiftY;
            double vertebra = 0.03 * Math.Cos(y * 34);
            for (int column = 0; column < side; column++)
            {
                double x = 2 * (column + 0.5) / side - 1 - shiftX, ax = Math.Abs(x);
                double trunk = Step(0.97 - 0.12 * y * y - ax, 0.08);
                double value = 0.06 + trunk * (_body - 0.10 * ax);
                double u = (ax - _lungX) / _lungWidth, v = (y - _lungY) / (_lungHeight * breath);
                double floor = _dome + 0.22 * (ax - _lungX) * (ax - _lungX) / (_lungWidth * _lungWidth) * 0.6;
                double lung = Step(1 - u * u * u * u - v * v, 0.18) * Step(floor * breath - y + _lungY + 0.08, 0.05);
                value -= _lung * lung;
                double hx = (x - _heartX) / (0.34 * _heart), hy = (y - 0.26) / (0.36 * _heart);
                value += 0.20 * Step(1 - hx * hx - hy * hy, 0.35) * (0.35 + 0.65 * lung);
                value += Step(_spine - ax, 0.05) * (0.12 + vertebra);
                double rib = (y - _ribBend * (ax - 0.45) * (ax - 0.45) + 0.25 * ax) * _ribs / 2 + _ribPhase;
                double wave = rib - Math.Floor(rib) - 0.5;
                value += _ribContrast * trunk * Step(0.17 - Math.Abs(wave), 0.12) * Step(ax - 0.12, 0.1) * Step(0.62 - y, 0.2);
                canvas[row * side + column] = (float)value;
            }
        }
    }

    /// <summary>A ramp from 0 to 1 around zero, <paramref name="width"/> wide on either side.</summary>
    private static double Step(double value, double width)
    {
        double t = Math.Clamp(0.5 + value / (2 * width), 0, 1);
        return t * t * (3 - 2 * t);
    }
}
