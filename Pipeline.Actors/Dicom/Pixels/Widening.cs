namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Samples decoded narrower than the data set stores them.</summary>
internal static class Widening
{
    /// <param name="from">Bytes a sample of <paramref name="pixels"/>.</param>
    /// <param name="to">Bytes a sample wanted, at least as many.</param>
    public static ReadOnlyMemory<byte> To(ReadOnlyMemory<byte> pixels, int from, int to)
    {
        if (from == to)
            return pixels;
        byte[] output = new byte[pixels.Length / from * to];
        ReadOnlySpan<byte> input = pixels.Span;
        for (int i = 0, at = 0; i < input.Length; i += from, at += to)
            input.Slice(i, from).CopyTo(output.AsSpan(at));
        return output;
    }
}
