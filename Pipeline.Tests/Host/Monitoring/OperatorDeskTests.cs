using System.Net;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Monitoring;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Site;
using Xunit;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>Operations over the status port by themselves: what is taken, what is answered, and what the logs have of it.</summary>
public sealed class OperatorDeskTests : IAsyncLifetime, IDisposable
{
    private const string Token = "fedcba9876543210fedcba9876543210";

    private readonly TestFolder _folder = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _notes = [];
    private readonly List<ControlRequest> _asked = [];
    private Func<CancellationToken, Task<ControlResponse>> _chains = _ => Task.FromResult(new ControlResponse(true, ["done"]));
    private StatusServer _server = null!;
    private OperatorClient _port = null!;

    public async Task InitializeAsync()
    {
        var desk = new OperatorDesk(
            _folder.Path, new SiteKey(new byte[32]), new AuditLog(_folder.Path, new DiskFileSystem()),
            (request, stop) =>
            {
                _asked.Add(request);
                return _chains(stop);
            },
            Note, TimeProvider.System, _stopping.Token);
        _server = await StatusServer.StartAsync(
            new StatusSettings(true, new IPEndPoint(IPAddress.Loopback, 0), "", "", null, null, true, TimeSpan.FromSeconds(1), null), null,
            new StatusToken(StatusServerTests.Token), () => SampleSite.Status, (new StatusToken(Token), desk), default);
        _port = new OperatorClient(_server.Address, Token);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _port.Dispose();
        _stopping.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("chains/chest/withdraw", """{ "words": ["erase", null] }""", "words[1] is null")]
    [InlineData("chains/chest/withdraw", """{ "word": ["erase"] }""", "'word'")]
    [InlineData("chains/chest/withdraw", """{ "words": ["erase"], "words": [] }""", "'words'")]
    [InlineData("chains/chest/withdraw", "erase", "the body is not what")]
    [InlineData("chains/chest/withdraw", "null", "the body is null")]
    [InlineData("chains/Chest%0Aroot/approve", "{}", "is no name of a chain")]
    [InlineData("quarantine", """{ "action": "burn", "instances": [7], "reason": "x" }""", "action is 'burn': must be release or drop")]
    [InlineData("quarantine", """{ "instances": [7], "reason": "x" }""", "action is missing")]
    [InlineData("quarantine", """{ "action": "drop", "reason": "x" }""", "instances is missing")]
    [InlineData("quarantine", """{ "action": "drop", "chain": "A\nB", "instances": [7], "reason": "x" }""", "is no name of a chain")]
    [InlineData("quarantine", """{ "action": "drop", "instances": [7] }""", "reason is missing")]
    [InlineData("erasures", """{ "patientId": "P" }""", "reason is missing")]
    [InlineData("erasures", """{ "reason": "x" }""", "patientId is missing")]
    [InlineData("erasures", """{ "patientId": "P", "reason": "x", "chain": "chest" }""", "'chain'")]
    public async Task What_is_not_of_the_form_is_refused_by_name_and_nothing_is_begun(string path, string body, string fault)
    {
        await _port.Refused(400, fault, path, body);

        Assert.Empty(_asked);
        Assert.Empty(new RequestFolder(_folder.Path, new DiskFileSystem()).Pending());
        Assert.False(File.Exists(AuditLog.PathOf(_folder.Path)));
        Assert.Contains("refused (400)", Assert.Single(_notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reason_has_its_bound()
    {
        string Body(int length) => $$"""{ "patientId": "P", "reason": "{{new string('x', length)}}" }""";
        await _port.Refused(400, "reason has 2001 characters; at most 2000", "erasures", Body(2001));
        await _port.Refused(413, "too large", "erasures", Body(1 << 20));
        // No site runs here that would carry it out.
        Assert.Contains("noted", await _port.Done("erasures", Body(2000)), StringComparison.Ordinal);
        Assert.Equal(2000, Assert.Single(new RequestFolder(_folder.Path, new DiskFileSystem()).Pending()).Why.Length);
    }

    [Fact]
    public async Task Whatever_goes_wrong_is_answered_and_is_in_both_logs()
    {
        _chains = _ => throw new IOException("the disk is gone");
        await _port.Refused(500, "the disk is gone", "chains/chest/withdraw", """{ "words": ["erase"] }""");
        _chains = _ => throw new InvalidOperationException("a mistake");
        await _port.Refused(500, "InvalidOperationException: a mistake", "chains/chest/approve", "{}");
        _chains = _ => Task.FromResult(ControlResponse.Refuse("no"));
        await _port.Refused(409, "no", "chains/chest/propose", """{ "words": ["pause"] }""");

        Assert.Equal(
            [("withdraw", "erase", "asked for"), ("withdraw", "erase", "failed by IOException: the disk is gone"), ("approve", "", "asked for"),
                ("approve", "", "failed by InvalidOperationException: a mistake"), ("propose", "pause", "asked for"), ("propose", "pause", "no")],
            Entries().Select(e => (e.Action, e.Why, e.Result)));
        Assert.All(Entries().GroupBy(e => e.Request), both => Assert.Equal(2, both.Count()));
        Assert.Equal(3, _notes.Count);
    }

    [Fact]
    public async Task What_cannot_be_noted_is_not_done()
    {
        Directory.CreateDirectory(AuditLog.PathOf(_folder.Path));
        await _port.Refused(500, "nothing was done, since the audit log cannot be written", "chains/chest/withdraw", """{ "words": ["erase"] }""");
        await _port.Refused(500, "nothing was done", "erasures", """{ "patientId": "P", "reason": "x" }""");
        Assert.Empty(_asked);
        Assert.Empty(new RequestFolder(_folder.Path, new DiskFileSystem()).Pending());
    }

    [Fact]
    public async Task A_client_that_goes_away_holds_up_neither_the_operation_nor_its_notes()
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource<ControlResponse>());
        _chains = async stop =>
        {
            begun.SetResult();
            return await goOn.Task.WaitAsync(stop);
        };
        using (var client = new CancellationTokenSource())
        {
            var asked = _port.PostAsync("chains/chest/withdraw", "{}", stop: client.Token);
            await begun.Task;
            await client.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }

        Assert.Equal("asked for", Assert.Single(Entries()).Result);
        goOn.SetResult(new ControlResponse(true, ["withdrawn"]));
        await RunningSite.Until(() => _notes.Count == 1, () => "the operation has left no note");
        Assert.Equal(["asked for", "withdrawn"], Entries().Select(e => e.Result));
    }

    [Fact]
    public async Task A_site_that_stops_answers_whoever_waits()
    {
        var begun = new TaskCompletionSource();
        _chains = async stop =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, stop);
            return null!;
        };
        var asked = _port.PostAsync("chains/chest/withdraw", "{}");
        await begun.Task;
        await _stopping.CancelAsync();
        Assert.Contains("the site stops", (await asked).Text, StringComparison.Ordinal);
        Assert.Contains("the site stops", Entries()[^1].Result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_sent_writes_no_line_of_its_own_into_a_log()
    {
        await _port.PostAsync("quarantine", """{ "action": "drop\nforged\u001b[2J\u202e", "instances": [1], "reason": "x" }""");
        await _port.PostAsync("chains/a%0Aforged/withdraw", "{}");
        await _port.PostAsync("chains/chest/propose", """{ "words": ["a\nforged"] }""");
        _chains = _ => Task.FromResult(ControlResponse.Refuse("'a\nforged' " + new string('x', 9000)));
        await _port.PostAsync("chains/chest/propose", """{ "words": ["a\nforged"] }""");

        Assert.Equal(4, _notes.Count);
        Assert.All(_notes, line => Assert.DoesNotContain(line.ToCharArray(), letter => char.IsControl(letter) || letter is '\u202e' or '\u2028'));
        Assert.All(_notes, line => Assert.InRange(line.Length, 1, 6 * LogLine.MaxLength));
        Assert.Contains(@"drop\u000Aforged\u001B[2J\u202E", _notes[0], StringComparison.Ordinal);
        Assert.All(await File.ReadAllLinesAsync(AuditLog.PathOf(_folder.Path)), line => Assert.StartsWith("{", line, StringComparison.Ordinal));
    }

    private void Note(string line)
    {
        lock (_notes)
            _notes.Add(line);
    }

    private IReadOnlyList<AuditEntry> Entries() =>
        [.. File.ReadAllLines(AuditLog.PathOf(_folder.Path)).Select(line => System.Text.Json.JsonSerializer.Deserialize<AuditEntry>(line, System.Text.Json.JsonSerializerOptions.Web)!)];
}
