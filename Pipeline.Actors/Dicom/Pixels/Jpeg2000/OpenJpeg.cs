using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pipeline.Actors.Dicom.Pixels.Jpeg2000;

/// <summary>The C interface of OpenJPEG 2.x (openjpeg.h), fed from memory.</summary>
internal static unsafe class OpenJpeg
{
    public static readonly NativeCodec Library = new(
        "OpenJPEG 2 (JPEG 2000)", "libopenjp2-7", "libopenjp2.so.7", "libopenjp2.7.dylib", "openjp2.dll", "libopenjp2.dll");

    private const int CodecCodeStream = 0, CodecFile = 2;

    /// <summary>opj_dparameters_t holds two file names of 4096 bytes and some numbers; the library fills it and reads it, nobody else looks inside.</summary>
    private const int ParametersSize = 16384;

    private static readonly Lazy<Functions> Exports = new(() => new Functions(Library));

    /// <summary>What is made of a decoded image while it is in the library's memory.</summary>
    public delegate Outcome<NativePixels> Reading(Image* image);

    /// <summary>opj_image_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Image
    {
        public uint X0, Y0, X1, Y1, ComponentCount;
        public int ColorSpace;
        public Component* Components;
        public byte* IccProfile;
        public uint IccProfileLength;
    }

    /// <summary>opj_image_comp_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Component
    {
        public uint Dx, Dy, Width, Height, X0, Y0, Precision, BitsPerPixel, Signed, ResolutionsDecoded, Factor;
        public int* Data;
        public ushort Alpha;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Source
    {
        public byte* Bytes;
        public long Length, Position;
    }

    public static Outcome<NativePixels> Decode(ReadOnlySpan<byte> stream, bool isFile, Reading read)
    {
        Functions opj = Exports.Value;
        byte* message = stackalloc byte[MessageLength];
        message[0] = 0;
        void* parameters = NativeMemory.AllocZeroed(ParametersSize);
        void* codec = opj.CreateDecompress(isFile ? CodecFile : CodecCodeStream);
        void* input = opj.CreateStream(1);
        Image* image = null;
        try
        {
            if (codec is null || input is null)
                return new Fault("OpenJPEG has no memory for a decoder.");
            fixed (byte* bytes = stream)
            {
                var source = new Source { Bytes = bytes, Length = stream.Length };
                opj.Feed(input, &source, (ulong)stream.Length);
                opj.SetErrorHandler(codec, message);
                opj.SetDefaults(parameters);
                if (opj.Setup(codec, parameters) == 0 || opj.ReadHeader(input, codec, &image) == 0 || image is null
                    || opj.Decode(codec, input, image) == 0)
                    return new Fault($"The JPEG 2000 code stream is damaged: {Text(message)}.", source.Position);
                return read(image);
            }
        }
        finally
        {
            if (image is not null)
                opj.DestroyImage(image);
            if (input is not null)
                opj.DestroyStream(input);
            if (codec is not null)
                opj.DestroyCodec(codec);
            NativeMemory.Free(parameters);
        }
    }

    private const int MessageLength = 256;

    private static string Text(byte* message)
    {
        string text = Marshal.PtrToStringUTF8((nint)message) ?? "";
        return text.Length == 0 ? "it cannot be decoded" : text.Trim().TrimEnd('.');
    }

    /// <summary>Keeps the first complaint, which is the cause of those after it.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void TakeMessage(byte* text, void* into)
    {
        byte* message = (byte*)into;
        if (message[0] != 0)
            return;
        for (int i = 0; i < MessageLength - 1; i++)
        {
            message[i] = text[i];
            if (text[i] == 0)
                return;
        }
        message[MessageLength - 1] = 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void IgnoreMessage(byte* text, void* into)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint ReadBytes(void* into, nuint count, void* user)
    {
        var source = (Source*)user;
        long length = Math.Min((long)Math.Min(count, int.MaxValue), source->Length - source->Position);
        if (length <= 0)
            return nuint.MaxValue;
        Buffer.MemoryCopy(source->Bytes + source->Position, into, length, length);
        source->Position += length;
        return (nuint)length;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Skip(long count, void* user)
    {
        var source = (Source*)user;
        if (count < 0 || source->Position + count > source->Length || source->Position + count < 0)
        {
            source->Position = source->Length;
            return -1;
        }
        source->Position += count;
        return count;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Seek(long position, void* user)
    {
        var source = (Source*)user;
        if (position < 0 || position > source->Length)
            return 0;
        source->Position = position;
        return 1;
    }

    private sealed class Functions(NativeCodec library)
    {
        public void* CreateDecompress(int format) =>
            ((delegate* unmanaged[Cdecl]<int, void*>)_createDecompress)(format);

        public void* CreateStream(int isInput) => ((delegate* unmanaged[Cdecl]<int, void*>)_createStream)(isInput);

        public void Feed(void* stream, Source* source, ulong length)
        {
            ((delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, nuint, void*, nuint>, void>)_setRead)(stream, &ReadBytes);
            ((delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<long, void*, long>, void>)_setSkip)(stream, &Skip);
            ((delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<long, void*, int>, void>)_setSeek)(stream, &Seek);
            ((delegate* unmanaged[Cdecl]<void*, void*, void*, void>)_setUserData)(stream, source, null);
            ((delegate* unmanaged[Cdecl]<void*, ulong, void>)_setUserDataLength)(stream, length);
        }

        /// <summary>Only errors are kept; without a handler of its own the library stays silent.</summary>
        public void SetErrorHandler(void* codec, byte* message)
        {
            ((delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<byte*, void*, void>, void*, int>)_setErrorHandler)(
                codec, &TakeMessage, message);
            ((delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<byte*, void*, void>, void*, int>)_setWarningHandler)(
                codec, &IgnoreMessage, null);
        }

        public void SetDefaults(void* parameters) => ((delegate* unmanaged[Cdecl]<void*, void>)_setDefaults)(parameters);

        public int Setup(void* codec, void* parameters) => ((delegate* unmanaged[Cdecl]<void*, void*, int>)_setup)(codec, parameters);

        public int ReadHeader(void* stream, void* codec, Image** image) =>
            ((delegate* unmanaged[Cdecl]<void*, void*, Image**, int>)_readHeader)(stream, codec, image);

        public int Decode(void* codec, void* stream, Image* image) =>
            ((delegate* unmanaged[Cdecl]<void*, void*, Image*, int>)_decode)(codec, stream, image);

        public void DestroyImage(Image* image) => ((delegate* unmanaged[Cdecl]<Image*, void>)_destroyImage)(image);

        public void DestroyStream(void* stream) => ((delegate* unmanaged[Cdecl]<void*, void>)_destroyStream)(stream);

        public void DestroyCodec(void* codec) => ((delegate* unmanaged[Cdecl]<void*, void>)_destroyCodec)(codec);

        private readonly nint _createDecompress = library.Export("opj_create_decompress");
        private readonly nint _createStream = library.Export("opj_stream_default_create");
        private readonly nint _setRead = library.Export("opj_stream_set_read_function");
        private readonly nint _setSkip = library.Export("opj_stream_set_skip_function");
        private readonly nint _setSeek = library.Export("opj_stream_set_seek_function");
        private readonly nint _setUserData = library.Export("opj_stream_set_user_data");
        private readonly nint _setUserDataLength = library.Export("opj_stream_set_user_data_length");
        private readonly nint _setErrorHandler = library.Export("opj_set_error_handler");
        private readonly nint _setWarningHandler = library.Export("opj_set_warning_handler");
        private readonly nint _setDefaults = library.Export("opj_set_default_decoder_parameters");
        private readonly nint _setup = library.Export("opj_setup_decoder");
        private readonly nint _readHeader = library.Export("opj_read_header");
        private readonly nint _decode = library.Export("opj_decode");
        private readonly nint _destroyImage = library.Export("opj_image_destroy");
        private readonly nint _destroyStream = library.Export("opj_stream_destroy");
        private readonly nint _destroyCodec = library.Export("opj_destroy_codec");
    }
}
