using System.Runtime.InteropServices;

namespace Pipeline.Actors.Dicom.Pixels.JpegLs;

/// <summary>The flat C interface of CharLS 2 (charls_jpegls_decoder.h).</summary>
internal static unsafe class CharLs
{
    public static readonly NativeCodec Library = new(
        "CharLS 2 (JPEG-LS)", "libcharls2", "libcharls.so.2", "libCharLS.so.2", "libcharls.2.dylib", "charls-2-x64.dll", "charls-2.dll");

    private static readonly Lazy<Functions> Exports = new(() => new Functions(Library));

    /// <summary>Decodes a whole stream.</summary>
    /// <param name="destination">Of the size that <see cref="FrameInfo"/> and the interleave mode give, without padding of lines.</param>
    /// <returns>A fault with the library's own words, or null.</returns>
    public static Fault? Decode(ReadOnlySpan<byte> stream, Span<byte> destination, out InterleaveMode interleave)
    {
        interleave = InterleaveMode.None;
        Functions charls = Exports.Value;
        void* decoder = charls.Create();
        if (decoder is null)
            return new Fault("CharLS has no memory for a decoder.");
        try
        {
            fixed (byte* from = stream, to = destination)
            {
                int error = charls.SetSource(decoder, from, (nuint)stream.Length);
                if (error == 0)
                    error = charls.ReadHeader(decoder);
                InterleaveMode mode = InterleaveMode.None;
                if (error == 0)
                    error = charls.GetInterleaveMode(decoder, &mode);
                nuint size = 0;
                if (error == 0)
                    error = charls.GetDestinationSize(decoder, 0, &size);
                if (error == 0 && size != (nuint)destination.Length)
                    return new Fault($"The JPEG-LS stream decodes to {size} bytes, the data set describes {destination.Length}.", 0);
                if (error == 0)
                    error = charls.Decode(decoder, to, (nuint)destination.Length, 0);
                interleave = mode;
                return error == 0 ? null : new Fault($"The JPEG-LS stream is damaged: {charls.Message(error).TrimEnd('.')}.", 0);
            }
        }
        finally
        {
            charls.Destroy(decoder);
        }
    }

    /// <summary>How samples of several components follow each other (ITU-T T.87 C.2.3); decoded lines are interleaved by pixel in both other modes.</summary>
    public enum InterleaveMode
    {
        None,
        Line,
        Sample,
    }

    private sealed class Functions(NativeCodec library)
    {
        private readonly delegate* unmanaged[Cdecl]<void*> _create =
            (delegate* unmanaged[Cdecl]<void*>)library.Export("charls_jpegls_decoder_create");

        private readonly delegate* unmanaged[Cdecl]<void*, void> _destroy =
            (delegate* unmanaged[Cdecl]<void*, void>)library.Export("charls_jpegls_decoder_destroy");

        private readonly delegate* unmanaged[Cdecl]<void*, byte*, nuint, int> _setSource =
            (delegate* unmanaged[Cdecl]<void*, byte*, nuint, int>)library.Export("charls_jpegls_decoder_set_source_buffer");

        private readonly delegate* unmanaged[Cdecl]<void*, int> _readHeader =
            (delegate* unmanaged[Cdecl]<void*, int>)library.Export("charls_jpegls_decoder_read_header");

        private readonly delegate* unmanaged[Cdecl]<void*, InterleaveMode*, int> _getInterleaveMode =
            (delegate* unmanaged[Cdecl]<void*, InterleaveMode*, int>)library.Export("charls_jpegls_decoder_get_interleave_mode");

        private readonly delegate* unmanaged[Cdecl]<void*, uint, nuint*, int> _getDestinationSize =
            (delegate* unmanaged[Cdecl]<void*, uint, nuint*, int>)library.Export("charls_jpegls_decoder_get_destination_size");

        private readonly delegate* unmanaged[Cdecl]<void*, byte*, nuint, uint, int> _decode =
            (delegate* unmanaged[Cdecl]<void*, byte*, nuint, uint, int>)library.Export("charls_jpegls_decoder_decode_to_buffer");

        private readonly delegate* unmanaged[Cdecl]<int, byte*> _message =
            (delegate* unmanaged[Cdecl]<int, byte*>)library.Export("charls_get_error_message");

        public void* Create() => _create();

        public void Destroy(void* decoder) => _destroy(decoder);

        public int SetSource(void* decoder, byte* bytes, nuint length) => _setSource(decoder, bytes, length);

        public int ReadHeader(void* decoder) => _readHeader(decoder);

        public int GetInterleaveMode(void* decoder, InterleaveMode* mode) => _getInterleaveMode(decoder, mode);

        public int GetDestinationSize(void* decoder, uint stride, nuint* size) => _getDestinationSize(decoder, stride, size);

        public int Decode(void* decoder, byte* bytes, nuint length, uint stride) => _decode(decoder, bytes, length, stride);

        public string Message(int error) => Marshal.PtrToStringUTF8((nint)_message(error)) ?? $"error {error}";
    }
}
