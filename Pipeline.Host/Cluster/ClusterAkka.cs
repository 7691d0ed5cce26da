using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor.Setup;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using Akka.Streams;
using Pipeline.Actors.Ingest;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Gateway;

namespace Pipeline.Host.Cluster;

/// <summary>What the actor runtime of a node is told: Akka.Remote over TLS, Akka.Cluster with a split-brain resolver.</summary>
internal static class ClusterAkka
{
    /// <param name="site">The cluster's name, and that of every node's ActorSystem.</param>
    public static Config Of(ClusterSettings settings, string site, IReadOnlyList<string> roles, SiteKey key) => ConfigurationFactory.ParseString($$"""
        akka {
          actor.provider = cluster
          remote {
            # A link that was tried into a cut network, and the pause after it, must not outlast the cut: a node that is back would seem silent meanwhile.
            handshake-timeout = {{Milliseconds(settings.FailureAfter)}}
            retry-gate-closed-for = {{Milliseconds(settings.FailureAfter / 3)}}
            # One connection for each direction: where two dials cross and one of them times out, a node reads from the dead one for good and hears nothing more on the other.
            use-passive-connections = off
            dot-netty.tcp {
              hostname = "{{settings.Host}}"
              port = {{settings.Port}}
              enable-ssl = {{(settings.Tls is null ? "off" : "on")}}
              connection-timeout = {{Milliseconds(settings.FailureAfter)}}
            }
          }
          cluster {
            seed-nodes = [{{string.Join(", ", settings.Seeds.Select(seed => $"\"{Address(settings, site, seed)}\""))}}]
            roles = [{{string.Join(", ", ClusterRoles.Of(roles, settings.Node, key).Select(role => $"\"{role}\""))}}]
            failure-detector.acceptable-heartbeat-pause = {{Milliseconds(settings.FailureAfter)}}
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver { active-strategy = keep-majority, stable-after = {{Milliseconds(settings.StableAfter)}} }
            # The journal fences a second writer, so nothing has to wait for a part that stops by itself.
            down-removal-margin = off
            run-coordinated-shutdown-when-down = on
          }
        }
        """)
        .WithFallback(ClusterSerializer.Config)
        .WithFallback(ClusterSingleton.DefaultConfig())
        .WithFallback(ActorMaterializer.DefaultConfig());

    /// <summary>Each node shows a certificate of the cluster's own authority; that of the one dialled has the name that was dialled.</summary>
    /// <exception cref="CommandFailedException">A file cannot be used.</exception>
    public static Setup? Tls(ClusterSettings settings, string? passphrase)
    {
        if (settings.Tls is not { } files)
            return null;
        try
        {
            var own = GatewayCertificate.Load(files.Certificate, files.Key, passphrase).Certificate;
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(files.TrustedCa);
            return new DotNettySslSetup(own, false, true, true, (certificate, _, peer, errors, log) =>
            {
                if (Fault(certificate, errors, authorities) is not { } fault)
                    return true;
                log.Warning("node at {0} is not let in: {1}", peer, fault);
                return false;
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFailedException($"TLS between the nodes cannot be used: {e.Message.TrimEnd('.')}; see pipeline.cluster.tls", e);
        }
    }

    /// <summary>Why a certificate is not one of this cluster's; null where it is.</summary>
    internal static string? Fault(X509Certificate2? certificate, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return "it shows no certificate";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return $"its certificate ({certificate.Subject}) has another name than the one dialled";
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate)
            ? null
            : $"its certificate ({certificate.Subject}) is not of pipeline.cluster.tls.trusted-ca: {chain.ChainStatus.FirstOrDefault().StatusInformation?.Trim()}";
    }

    private static string Address(ClusterSettings settings, string site, string seed) => $"akka.{(settings.Tls is null ? "" : "ssl.")}tcp://{site}@{seed}";

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + "ms";
}
