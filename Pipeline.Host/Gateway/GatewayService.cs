using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Pipeline.Host.Gateway;

/// <summary>The accepting end of <see cref="FrameCodec.Link"/>.</summary>
internal sealed class GatewayService(Gateway gateway)
{
    public Task LinkAsync(IAsyncStreamReader<Frame> reader, IServerStreamWriter<Frame> writer, ServerCallContext context)
    {
        var connection = context.GetHttpContext().Connection;
        // Kestrel demands a client certificate before any request.
        var certificate = connection.ClientCertificate ?? throw new RpcException(new Status(StatusCode.Unauthenticated, "no client certificate"));
        return gateway.AcceptAsync(
            GatewayCertificate.FingerprintOf(certificate), $"{connection.RemoteIpAddress}:{connection.RemotePort}", reader, writer, context.CancellationToken);
    }

    /// <summary>Offers the method without generated code.</summary>
    internal sealed class Methods : IServiceMethodProvider<GatewayService>
    {
        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<GatewayService> context) =>
            context.AddDuplexStreamingMethod(FrameCodec.Link, [], static (service, reader, writer, call) => service.LinkAsync(reader, writer, call));
    }
}
