using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>What a chain learns.</summary>
/// <param name="Modality">DICOM Modality (0008,0060) of eligible images: CR, DX, MR …</param>
/// <param name="BodyPart">DICOM Body Part Examined (0018,0015), upper case; empty accepts any.</param>
/// <param name="Height">Input rows after preprocessing (pixels).</param>
/// <param name="Width">Input columns after preprocessing (pixels).</param>
/// <param name="Classes">Class names; a label is an index into them.</param>
/// <param name="Architecture">Id of the model architecture, for instance <c>residual-cnn-small</c>.</param>
public sealed record TaskDescriptor(string Modality, string BodyPart, int Height, int Width, IReadOnlyList<string> Classes, string Architecture)
    : ICanonical<TaskDescriptor>
{
    public const int MaxClasses = 256;
    public const int MaxTextLength = 64;
    public const int MaxSide = 4096;

    public Digest Hash => Digest.Of(Canonical.Encode(this));

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(6).Text(Modality).Text(BodyPart).Int(Height).Int(Width).Array(Classes.Count);
        foreach (string name in Classes)
            writer.Text(name);
        writer.EndArray().Text(Architecture).EndArray();
    }

    public static TaskDescriptor ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        string modality = reader.Text(MaxTextLength), bodyPart = reader.Text(MaxTextLength);
        int height = reader.Int32(1, MaxSide), width = reader.Int32(1, MaxSide);
        int count = reader.ArrayHeader(MaxClasses);
        var classes = new string[count];
        for (int i = 0; i < count; i++)
            classes[i] = reader.Text(MaxTextLength);
        reader.EndArray();
        var task = new TaskDescriptor(modality, bodyPart, height, width, classes, reader.Text(MaxTextLength));
        reader.EndArray();
        return task;
    }
}
