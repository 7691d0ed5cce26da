using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pipeline.Actors.Dicom;

namespace Pipeline.Actors.Training;

/// <summary>
/// Named float32 tensors with text metadata, as safetensors: u64 length of a JSON header, the header, the values, little-endian
/// (huggingface/safetensors, format of 2022). Read by Python's <c>safetensors</c> and others.
/// </summary>
public sealed record SafetensorsFile(IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<SafetensorsFile.Tensor> Tensors)
{
    private const int MaxHeaderBytes = 8 << 20;
    private const long MaxFileBytes = 2L << 30;
    private const string MetadataKey = "__metadata__";

    /// <param name="Values">Row-major; as many as the shape has.</param>
    public sealed record Tensor(string Name, IReadOnlyList<long> Shape, float[] Values);

    /// <summary>Writes beside the target and renames; durable when it returns.</summary>
    /// <exception cref="IOException">The disk is full or refused.</exception>
    public void Write(string file)
    {
        var header = new JsonObject { [MetadataKey] = new JsonObject(Metadata.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))) };
        long offset = 0;
        foreach (var tensor in Tensors)
        {
            long end = offset + 4L * tensor.Values.Length;
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. tensor.Shape.Select(d => (JsonNode?)d)]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }

        byte[] text = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        // The values begin at a multiple of 8; spaces may follow the header.
        Array.Resize(ref text, (text.Length + 7) / 8 * 8);
        text.AsSpan().Replace((byte)0, (byte)' ');
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        using (var stream = new FileStream(file + ".new", FileMode.Create, FileAccess.Write))
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)text.Length);
            stream.Write(length);
            stream.Write(text);
            foreach (var tensor in Tensors)
                stream.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
            stream.Flush(flushToDisk: true);
        }

        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Reads untrusted bytes: nothing is allocated beyond what the file holds.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Outcome<SafetensorsFile> Read(string file)
    {
        using var stream = File.OpenRead(file);
        if (stream.Length is < 8 or > MaxFileBytes)
            return new Fault($"{file} has {stream.Length} bytes; a safetensors file has 8 to {MaxFileBytes}");
        Span<byte> length = stackalloc byte[8];
        stream.ReadExactly(length);
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerBytes > MaxHeaderBytes || (long)headerBytes > stream.Length - 8)
            return new Fault($"{file} is no safetensors file: its header would have {headerBytes} bytes");
        var header = new byte[headerBytes];
        stream.ReadExactly(header);
        try
        {
            using var document = JsonDocument.Parse(header);
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            var tensors = new List<Tensor>();
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (entry.Name == MetadataKey)
                {
                    foreach (var pair in entry.Value.EnumerateObject())
                        metadata[pair.Name] = pair.Value.GetString() ?? "";
                    continue;
                }

                var tensor = Read(stream, 8 + (long)headerBytes, entry);
                if (!tensor.Ok)
                    return new Fault($"{file}: {tensor.Fault}");
                tensors.Add(tensor.Value);
            }

            return new SafetensorsFile(metadata, tensors);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return new Fault($"{file} has a header that is none of safetensors: {e.Message}");
        }
    }

    private static Outcome<Tensor> Read(FileStream stream, long data, JsonProperty entry)
    {
        if (entry.Value.GetProperty("dtype").GetString() is not "F32" and var type)
            return new Fault($"tensor '{entry.Name}' is {type}; only F32 is read");
        long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];
        long begin = entry.Value.GetProperty("data_offsets")[0].GetInt64(), end = entry.Value.GetProperty("data_offsets")[1].GetInt64();
        if (begin < 0 || end < begin || end > stream.Length - data || shape.Any(d => d is < 0 or > int.MaxValue)
            || shape.Aggregate((Int128)4, (product, d) => product > int.MaxValue ? product : product * d) != end - begin)
            return new Fault($"tensor '{entry.Name}' of {end - begin} bytes does not fit its shape or the file");
        var values = new float[(end - begin) / 4];
        stream.Position = data + begin;
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return new Tensor(entry.Name, shape, values);
    }
}
