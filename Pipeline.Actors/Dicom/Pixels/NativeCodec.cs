using System.Runtime.InteropServices;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>A native decoder that an operator installs, looked for under its sonames.</summary>
/// <param name="name">As people call it.</param>
/// <param name="package">What to install.</param>
internal sealed class NativeCodec(string name, string package, params string[] sonames)
{
    private readonly Lazy<nint> _handle = new(() => Load(sonames));

    public bool IsPresent => _handle.Value != 0;

    /// <summary>What a person does about frames that need the library.</summary>
    public Fault Missing => new($"{name} is not installed, so that this frame cannot be decoded: install {package}.");

    /// <summary>An exported function.</summary>
    /// <exception cref="EntryPointNotFoundException">The library is another one than its name says.</exception>
    public nint Export(string function) => NativeLibrary.GetExport(_handle.Value, function);

    /// <summary>The library has this function, which later versions brought.</summary>
    public bool Has(string function) => IsPresent && NativeLibrary.TryGetExport(_handle.Value, function, out _);

    private static nint Load(string[] sonames)
    {
        foreach (string soname in sonames)
        {
            if (NativeLibrary.TryLoad(soname, out nint handle))
                return handle;
        }
        return 0;
    }
}
