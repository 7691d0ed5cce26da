using System.Buffers;
using System.Text;
using Grpc.Core;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;

namespace Pipeline.Host.Gateway;

/// <summary>Frames to bytes and back, copying a message's bytes once each way. Nothing that a peer sends throws here.</summary>
internal static class FrameCodec
{
    private const byte Greeting = 1, Message = 2, Goodbye = 3;

    /// <summary>The link of two gateways as a gRPC method; no code generation, since its messages are not Protobuf.</summary>
    public static Method<Frame, Frame> Link { get; } = CreateMethod();

    public static void Write(Frame frame, IBufferWriter<byte> to)
    {
        switch (frame)
        {
            case Frame.Message message:
                Span<byte> header = to.GetSpan(Frame.HeaderBytes)[..Frame.HeaderBytes];
                header[0] = Message;
                header[1] = (byte)message.Lane;
                message.ChainId.CopyTo(header[2..]);
                to.Advance(Frame.HeaderBytes);
                to.Write(message.Bytes);
                break;
            case Frame.Greeting greeting:
                to.Write([Greeting]);
                to.Write(Canonical.Encode(greeting.Hello));
                break;
            case Frame.Goodbye goodbye:
                to.Write([Goodbye]);
                to.Write(Cut(Encoding.UTF8.GetBytes(goodbye.Reason)));
                break;
            default:
                throw new ArgumentException($"{frame.GetType().Name} has no wire form", nameof(frame));
        }
    }

    public static Frame Read(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty)
            return new Frame.Malformed(0, "an empty frame");
        int size = (int)bytes.Length;
        byte kind = bytes.FirstSpan[0];
        return kind switch
        {
            Message => ReadMessage(bytes),
            Greeting => Canonical.TryDecode<Hello>(bytes.Slice(1).ToArray(), out var hello, out string? error)
                ? new Frame.Greeting(hello)
                : new Frame.Malformed(size, error),
            Goodbye when size <= 1 + Frame.Goodbye.MaxReasonBytes => new Frame.Goodbye(Printable(Encoding.UTF8.GetString(bytes.Slice(1)))),
            _ => new Frame.Malformed(size, $"frame kind {kind}"),
        };
    }

    private static Frame ReadMessage(ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length <= Frame.HeaderBytes)
            return new Frame.Malformed((int)bytes.Length, "a message without content");
        Span<byte> header = stackalloc byte[Frame.HeaderBytes];
        bytes.Slice(0, Frame.HeaderBytes).CopyTo(header);
        return header[1] <= (byte)PeerLane.Payload
            ? new Frame.Message(new Digest(header[2..]), (PeerLane)header[1], bytes.Slice(Frame.HeaderBytes).ToArray())
            : new Frame.Malformed((int)bytes.Length, $"lane {header[1]}");
    }

    /// <summary>It ends in logs: nothing in it may move a cursor or begin a line.</summary>
    private static string Printable(string text) => string.Concat(text.Where(c => !char.IsControl(c)));

    private static ReadOnlySpan<byte> Cut(byte[] utf8) => utf8.AsSpan(0, Math.Min(utf8.Length, Frame.Goodbye.MaxReasonBytes));

    private static Method<Frame, Frame> CreateMethod()
    {
        var marshaller = Marshallers.Create<Frame>(
            static (frame, context) =>
            {
                Write(frame, context.GetBufferWriter());
                context.Complete();
            },
            static context => Read(context.PayloadAsReadOnlySequence()));
        return new Method<Frame, Frame>(MethodType.DuplexStreaming, "pipeline.gateway.v1.Gateway", "Link", marshaller, marshaller);
    }
}
