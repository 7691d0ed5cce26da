using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Trace;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Host.Configuration;
using Pipeline.Host.Monitoring;
using Pipeline.Host.Site;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Tracing;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Actors.Ingest;
using Pipeline.Tests.Host.Site;
using Xunit;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>What spans a site tells of, how they hang together, and that none holds anything of a patient or a caller.</summary>
[Collection("torch")]
public sealed partial class TracesTests : IDisposable
{
    private const string Chain = "traced", Caller = "ERIKA-SCU";
    private const int Images = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task From_an_association_to_the_end_of_a_round_every_step_is_a_span_and_none_knows_a_patient()
    {
        using var spans = new RecordedSpans();
        await LearnAsync();

        var association = Assert.Single(spans.Of(Spans.Association, TraceKeys.Chain, Chain), span => (int)span.GetTagItem(TraceKeys.Stored)! > 0);
        Assert.Equal(("TRACED", Images, 0, "released"), (association.GetTagItem(TraceKeys.CalledAe), association.GetTagItem(TraceKeys.Stored),
            association.GetTagItem(TraceKeys.Refused), association.GetTagItem(TraceKeys.Result)));
        var batches = spans.Of(Spans.Batch, TraceKeys.Chain, Chain);
        Assert.Equal(Images, batches.Sum(batch => (int)batch.GetTagItem(TraceKeys.Stored)!));
        Assert.All(batches, batch => Assert.Equal(association.SpanId, Assert.Single(batch.Links).Context.SpanId));
        Assert.All(batches, batch => Assert.Single(spans.Ended, span => span.OperationName == Spans.Commit.Name && span.ParentSpanId == batch.SpanId));

        var round = Assert.Single(spans.Of(Spans.LearningRound, TraceKeys.Chain, Chain));
        Assert.Equal((1L, "contributed"), (round.GetTagItem(TraceKeys.Round), round.GetTagItem(TraceKeys.Result)));
        var trained = Assert.Single(spans.Of(Spans.Training, TraceKeys.Chain, Chain), span => Equals(span.GetTagItem(TraceKeys.Result), "trained"));
        Assert.Equal((round.SpanId, 2), (trained.ParentSpanId, trained.GetTagItem(TraceKeys.Steps)));
        Assert.Contains(spans.Ended, span => span.OperationName == Spans.Publish.Name && span.ParentSpanId == round.SpanId && Equals(span.GetTagItem(TraceKeys.Result), "published"));

        var heights = spans.Of(Spans.Height, TraceKeys.Chain, Chain);
        Assert.Contains(heights, height => Equals(height.GetTagItem(TraceKeys.Transactions), 1) && Equals(height.GetTagItem(TraceKeys.ConsensusRound), 0));
        Assert.All(spans.Of(Spans.Apply, TraceKeys.Chain, Chain), apply => Assert.Contains(heights, height => height.SpanId == apply.ParentSpanId));

        foreach (var span in spans.Ended)
        {
            var kind = Assert.Single(Spans.All, known => known.Name == span.OperationName);
            Assert.Empty(span.TagObjects.Select(tag => tag.Key).Except(kind.Attributes));
            Assert.Empty(span.Events);
            string shown = span.DisplayName + string.Join(' ', span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}").Concat(span.Baggage.Select(item => item.Value)));
            Assert.All(PlantedIdentity.Texts.Append(Caller).Append("127.0.0.1"), text => Assert.DoesNotContain(text, shown, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void An_offer_that_is_judged_is_a_part_of_its_round()
    {
        using var spans = new RecordedSpans();
        var trace = new LearnerTrace("judging");
        trace.RoundBegan(3);
        trace.JudgementBegan("skull-mr");
        trace.JudgementEnded("accepted");
        trace.RoundBegan(4);
        trace.Stopped();
        var judged = Assert.Single(spans.Of(Spans.Judgement, TraceKeys.Chain, "judging"));
        Assert.Equal(("skull-mr", "accepted"), (judged.GetTagItem(TraceKeys.Source), judged.GetTagItem(TraceKeys.Result)));
        Activity[] rounds = [.. spans.Of(Spans.LearningRound, TraceKeys.Chain, "judging")];
        Assert.Equal(["superseded", "missed"], rounds.Select(round => round.GetTagItem(TraceKeys.Result)));
        Assert.Equal(rounds[0].SpanId, judged.ParentSpanId);
        Assert.Null(Activity.Current);
    }

    [Fact]
    public async Task A_collector_gets_the_sampled_share_over_OTLP_and_without_one_nobody_listens()
    {
        Assert.Null(TraceExport.Begin(Settings(null, 1), "north"));
        Assert.Null(TraceExport.Begin(Settings(new Uri("http://127.0.0.1:1"), 0), "north"));

        var got = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var collector = Collector(got);
        await collector.StartAsync();
        using (var provider = TraceExport.Begin(Settings(new Uri(collector.Urls.Single()), 1), "north"))
        {
            var association = new LearnerTrace("exported");
            association.RoundBegan(1);
            association.RoundEnded("contributed");
            Assert.True(provider!.ForceFlush(10_000));
        }

        string body = await got.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains(Spans.LearningRound.Name, body, StringComparison.Ordinal);
        Assert.Contains("exported", body, StringComparison.Ordinal);
        Assert.Contains("north", body, StringComparison.Ordinal);
        await collector.StopAsync();
    }

    [Fact]
    public async Task The_spans_are_those_that_the_reference_lists()
    {
        string reference = await File.ReadAllTextAsync(Path.Combine(Repository.Folder("docs"), "reference", "traces.md"));
        var rows = ReferenceRow().Matches(reference).Select(m => (m.Groups[1].Value, m.Groups[2].Value.Replace("`", "", StringComparison.Ordinal), m.Groups[3].Value, m.Groups[4].Value)).ToArray();
        Assert.Equal(Spans.All.Select(span => (span.Name, span.Parent, string.Join(", ", span.Attributes.Select(key => $"`{key}`")), span.Meaning)), rows);
    }

    private static StatusSettings Settings(Uri? collector, double ratio) =>
        new(true, new IPEndPoint(IPAddress.Loopback, 0), "", null, null, null, true, TimeSpan.FromSeconds(1), collector) { TraceRatio = ratio };

    /// <summary>An OpenTelemetry collector as far as a sender can tell: takes Export of the trace service and answers an empty message.</summary>
    private static WebApplication Collector(TaskCompletionSource<string> got)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.UseRouting();
        app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
            got.TrySetResult(Encoding.UTF8.GetString(body.ToArray()));
        });
        return app;
    }

    /// <summary>A site of its own takes images with planted identities from a caller with a planted title, and learns from them for one round.</summary>
    private async Task LearnAsync()
    {
        using var identity = SiteIdentity.LoadOrCreate(_folder.Path);
        var task = OneMemberChain.Task;
        var labels = new InMemoryLabelSource(identity.SiteKey);
        var started = await SiteNode.StartAsync(new SiteNodeSettings
        {
            Site = "north",
            DataDirectory = _folder.Path,
            Akka = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }").WithFallback(SiteConfiguration.DefaultAkka),
            Identity = identity,
            Network = new InProcessPeerHub().Join("north"),
            Dicom = new() { Address = IPAddress.Loopback },
            Routes = [new ChainRoute(Chain, "TRACED", "CR", "CHEST", 32, 32, task.Classes) { Split = new SplitFractions(.01, 0), Labels = labels }],
            Timeouts = ConsensusTimeouts.Local,
            Pace = new TrainingPace(TimeSpan.FromMilliseconds(200)),
        });
        var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using SiteNode node = started.Require();
        node.System.EventStream.Subscribe(node.System.ActorOf(Props.Create(() => new Watcher(completed))), typeof(LearnerProtocol.CollaborationCompleted));
        var (genesis, model) = OneMemberChain.Create(task, identity, Chain);
        node.Join(genesis, model);
        DicomAssociation association = (await DicomAssociation.RequestAsync(new AssociationSettings(
            "127.0.0.1", node.Ingest.Port, "TRACED", Caller, [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)))).Require();
        for (int i = 0; i < Images; i++)
        {
            string uid = $"{PlantedIdentity.Uid}.{i}";
            labels.Add(PseudonymKind.Instance, uid, i % 2);
            Assert.True((await association.StoreAsync(PlantedIdentity.In(TestImages.Gray(uid, 32, 32, p => p * (1 + i % 2) % 4096, $"{TestImages.PlantedId}-{i}")))).Require().IsSuccess);
        }

        await association.ReleaseAsync();
        await completed.Task.WaitAsync(Patience);
    }

    // | `name` | parent | attributes | meaning |
    [GeneratedRegex(@"^\| `([a-z.]+)` \| (.*?) ?\| (.+?) \| (.+?) \|$", RegexOptions.Multiline)]
    private static partial Regex ReferenceRow();

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(TaskCompletionSource completed) => Receive<LearnerProtocol.CollaborationCompleted>(_ => completed.TrySetResult());
    }
}
