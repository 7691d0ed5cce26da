using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Akka.Streams;
using Pipeline.Ledger.Crypto;
using static Pipeline.Host.Cluster.ClusterProtocol;

namespace Pipeline.Host.Cluster;

/// <summary>Writes <see cref="ClusterProtocol"/> under a versioned manifest, and nothing else.</summary>
public sealed class ClusterSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public const int Id = 7302;

    /// <summary>Part of every ActorSystem of a site of several nodes: bindings are read once, when the system starts.</summary>
    public static Config Config { get; } = ConfigurationFactory.ParseString($$"""
        akka.actor {
          serializers.pipeline-cluster = "{{Name(typeof(ClusterSerializer))}}"
          serialization-bindings."{{Name(typeof(IMessage))}}" = pipeline-cluster
          serialization-identifiers."{{Name(typeof(ClusterSerializer))}}" = {{Id}}
        }
        """);

    public override int Identifier => Id;

    public override string Manifest(object o) => o switch
    {
        AskFeed => "ask-feed/1",
        Feed => "feed/1",
        NoFeed => "no-feed/1",
        AskHelp => "ask-help/1",
        Helping => "helping/1",
        NoHelp => "no-help/1",
        Hail => "hail/1",
        Here => "here/1",
        Errand => "errand/1",
        Answer => "answer/1",
        _ => throw new ArgumentException($"'{o.GetType().FullName}' is nothing that nodes say to one another", nameof(o)),
    };

    public override byte[] ToBinary(object obj)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        switch (obj)
        {
            case AskFeed m:
                writer.Write(m.Chain);
                writer.Write(m.Writing.ToByteArray());
                writer.Write(m.Position);
                break;
            case Feed m:
                writer.Write(m.Chain);
                Write(writer, m.Pieces);
                break;
            case NoFeed m:
                writer.Write(m.Chain);
                writer.Write(m.Reason);
                break;
            case AskHelp m:
                writer.Write(m.Chain);
                writer.Write(m.Link.ToByteArray());
                writer.Write(m.Version);
                writer.Write(m.Layout.ToArray());
                Write(writer, m.Work);
                break;
            case Helping m:
                writer.Write(m.Link.ToByteArray());
                Write(writer, m.Parts);
                break;
            case NoHelp m:
                writer.Write(m.Link.ToByteArray());
                writer.Write(m.Reason);
                break;
            case Hail m:
                writer.Write(m.Link.ToByteArray());
                writer.Write(m.Errand);
                break;
            case Here m:
                writer.Write(m.Link.ToByteArray());
                writer.Write(m.Errand);
                writer.Write(m.Known);
                break;
            case Errand m:
                Write(writer, m.Link, m.Number, m.Length, m.Pieces);
                break;
            case Answer m:
                Write(writer, m.Link, m.Number, m.Length, m.Pieces);
                break;
            default:
                _ = Manifest(obj);
                break;
        }

        writer.Flush();
        return bytes.ToArray();
    }

    /// <exception cref="ArgumentException">This build does not know the manifest.</exception>
    /// <exception cref="IOException">The bytes end too early.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        return manifest switch
        {
            "ask-feed/1" => new AskFeed(reader.ReadString(), Guid(reader), reader.ReadInt64()),
            "feed/1" => new Feed(reader.ReadString(), Pieces(reader)),
            "no-feed/1" => new NoFeed(reader.ReadString(), reader.ReadString()),
            "ask-help/1" => new AskHelp(reader.ReadString(), Guid(reader), reader.ReadInt32(), new Digest(reader.ReadBytes(Digest.Size)), Pieces(reader)),
            "helping/1" => new Helping(Guid(reader), Pieces(reader)),
            "no-help/1" => new NoHelp(Guid(reader), reader.ReadString()),
            "hail/1" => new Hail(Guid(reader), reader.ReadInt64()),
            "here/1" => new Here(Guid(reader), reader.ReadInt64(), reader.ReadBoolean()),
            "errand/1" => new Errand(Guid(reader), reader.ReadInt64(), reader.ReadInt64(), Pieces(reader)),
            "answer/1" => new Answer(Guid(reader), reader.ReadInt64(), reader.ReadInt64(), Pieces(reader)),
            _ => throw new ArgumentException($"a message '{manifest}' from another node, which this build does not know; nodes of one site run builds that do", nameof(manifest)),
        };
    }

    private static string Name(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";

    private static Guid Guid(BinaryReader reader) => new(reader.ReadBytes(16));

    private void Write(BinaryWriter writer, Guid link, long number, long length, ISourceRef<byte[]> pieces)
    {
        writer.Write(link.ToByteArray());
        writer.Write(number);
        writer.Write(length);
        Write(writer, pieces);
    }

    /// <summary>A stream reference in the form that Akka.Streams has for it.</summary>
    private void Write(BinaryWriter writer, ISourceRef<byte[]> pieces)
    {
        var serializer = (SerializerWithStringManifest)system.Serialization.FindSerializerFor(pieces);
        byte[] bytes = serializer.ToBinary(pieces);
        writer.Write(serializer.Identifier);
        writer.Write(serializer.Manifest(pieces));
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private ISourceRef<byte[]> Pieces(BinaryReader reader)
    {
        int serializer = reader.ReadInt32();
        string manifest = reader.ReadString();
        return (ISourceRef<byte[]>)system.Serialization.Deserialize(reader.ReadBytes(reader.ReadInt32()), serializer, manifest);
    }
}
