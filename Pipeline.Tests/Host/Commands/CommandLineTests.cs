using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Benchmarks;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Demo;
using Pipeline.Host.Drills;
using Pipeline.Host.Simulation;
using Pipeline.Ledger.Simulation;
using Xunit;

namespace Pipeline.Tests.Host.Commands;

public sealed class CommandLineTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("commands-").FullName;
    private readonly List<object?> _calls = [];
    private Func<int> _outcome = () => ExitCode.Ok;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _terminal.Dispose();
    }

    [Fact]
    public async Task Demo_takes_its_options_and_has_defaults()
    {
        Assert.Equal(0, await Invoke("demo"));
        Assert.Equal(0, await Invoke("demo", "--quick", "--seed", "7", "--json", "/tmp/r.json", "--out", "/tmp/o"));
        Assert.Equal(
            [new DemoOptions(1, false, Path.GetFullPath("demo-out"), null), new DemoOptions(7, true, "/tmp/o", "/tmp/r.json")],
            _calls.Cast<DemoOptions>());
    }

    [Fact]
    public async Task Run_loads_the_file_and_passes_the_configuration_on()
    {
        Assert.Equal(0, await Invoke("run", "--config", Path.Combine(Repository.Folder("hocon"), "site.conf")));
        Assert.Equal("north-hospital", Assert.IsType<SiteConfiguration>(_calls.Single()).Site.Name);
    }

    [Fact]
    public async Task A_wrong_configuration_is_exit_code_2_with_a_line_for_each_mistake_and_nothing_runs()
    {
        string file = Path.Combine(_folder, "site.conf");
        await File.WriteAllTextAsync(file, "pipeline.site.name = north\npipeline.dicom.prt = 1");
        foreach (string[] arguments in new[] { new[] { "run", "--config", file }, ["config", "check", file] })
        {
            _terminal.Clear();
            Assert.Equal(ExitCode.Usage, await Invoke(arguments));
            Assert.Equal(
            [
                $"pipeline: {file}:2: pipeline.dicom.prt: there is no such key; did you mean 'pipeline.dicom.port'?",
                $"pipeline: {file}: pipeline.site.data-directory: missing; required: path",
                "pipeline: 2 mistakes in the configuration",
            ], _terminal.Complaints);
        }

        Assert.Empty(_calls);
    }

    [Fact]
    public async Task Config_check_prints_what_a_valid_file_amounts_to()
    {
        Assert.Equal(0, await Invoke("config", "check", Path.Combine(Repository.Folder("hocon"), "site.conf")));
        Assert.Contains("north-hospital", _terminal.Output, StringComparison.Ordinal);
        Assert.Contains("0.0.0.0:11112", _terminal.Output, StringComparison.Ordinal);
        Assert.Empty(_terminal.Complaints);
    }

    [Fact]
    public async Task Config_reference_prints_the_reference()
    {
        Assert.Equal(0, await Invoke("config", "reference"));
        Assert.Equal(SiteConfiguration.Reference, _terminal.Output);
    }

    [Fact]
    public async Task Bench_takes_its_options_and_has_defaults()
    {
        Assert.Equal(0, await Invoke("bench", "ledger"));
        Assert.Equal(0, await Invoke("bench", "ledger", "--quick", "--json", "/tmp/b.json"));
        Assert.Equal(
            [new LedgerBenchmarkRequest(LedgerWorkload.Full, null), new LedgerBenchmarkRequest(LedgerWorkload.Quick, "/tmp/b.json")],
            _calls.Cast<LedgerBenchmarkRequest>());
    }

    [Fact]
    public async Task Ceremony_commands_pass_their_arguments()
    {
        Assert.Equal(0, await Invoke("init", "north", "--data", "/d", "--gateway", "north.example:7443", "--passphrase-file", "/p"));
        Assert.Equal(0, await Invoke("init", "south", "--data", "/d", "--listen", "127.0.0.1:7", "--dicom-port", "104", "--ca", "/ca", "--ca-passphrase-file", "/cp"));
        Assert.Equal(0, await Invoke("init", "--trial-ca", "/ca"));
        Assert.Equal(0, await Invoke("chain", "create", "chest", "--member", "a.json", "b.json", "--member", "c.json"));
        Assert.Equal(0, await Invoke("chain", "create", "chest", "--member", "a", "--terms", "t", "--trust", "x", "y", "--seed", "7", "--out", "/o"));
        Assert.Equal(0, await Invoke("chain", "show", "p"));
        Assert.Equal(0, await Invoke("chain", "sign", "p", "--data", _folder, "--passphrase-file", "/p"));
        Assert.Equal(0, await Invoke("chain", "join", "p", "q", "--data", _folder, "--ae-title", "CHEST", "--labels", "l.csv"));
        Assert.Equal(0, await Invoke("key", "passphrase", "--data", _folder, "--passphrase-file", "/p", "--new-passphrase-file", "/n"));
        object[] expected =
        [
            new InitRequest("north", "/d", "north.example:7443", "0.0.0.0:7443", 11112, "/p", null, null),
            new InitRequest("south", "/d", "", "127.0.0.1:7", 104, null, "/ca", "/cp"), new InitRequest(null, null, "", null, 11112, null, "/ca", null),
            ("chest", "a.json b.json c.json", (string?)null, "", (ulong?)null, Path.GetFullPath("chest.proposal")), ("chest", "a", (string?)"t", "x y", (ulong?)7, "/o"),
            ("show", "p"), ("sign", "p", new CeremonySite(_folder, "/p")), ("join", "p q", new CeremonySite(_folder, null), (string?)"CHEST", (string?)"l.csv"),
            (new CeremonySite(_folder, "/p"), "/n"),
        ];
        Assert.Equal(expected, _calls);
    }

    [Fact]
    public async Task Drill_and_bench_of_the_gateway_have_defaults()
    {
        Assert.Equal(0, await Invoke("drill", "consortium"));
        Assert.Equal(0, await Invoke(
            "drill", "consortium", "--members", "6", "--adversary", "--seconds", "3", "--interval", "500", "--fault", "kill", "flood", "--namespaces", "--out", "/o", "--json", "/j"));
        Assert.Equal(0, await Invoke("bench", "gateway", "--quick"));
        var drills = _calls.OfType<DrillRequest>().ToArray();
        Assert.Equal((4, false, TimeSpan.FromSeconds(10), false, Path.GetFullPath("drill-out")), (drills[0].Members, drills[0].Adversary, drills[0].FaultTime, drills[0].Namespaces, drills[0].Folder));
        Assert.Equal(ConsortiumDrill.Faults, drills[0].Faults);
        Assert.Equal((6, true, TimeSpan.FromSeconds(3), true, "/o", "/j"), (drills[1].Members, drills[1].Adversary, drills[1].FaultTime, drills[1].Namespaces, drills[1].Folder, drills[1].JsonFile));
        Assert.Equal(["kill", "flood"], drills[1].Faults);
        Assert.Equal(TimeSpan.FromMilliseconds(500), drills[1].BlockInterval);
        Assert.Equal(new GatewayBenchmarkRequest(GatewayWorkload.Quick, null), _calls[^1]);
    }

    [Fact]
    public async Task Ledger_commands_pass_their_arguments()
    {
        (string Arguments, object Call)[] expected =
        [
            ($"verify {_folder}", ("verify", new LedgerPlace(_folder), (string?)null, (string?)null)),
            ($"verify {_folder} --json /tmp/f.json", ("verify", new LedgerPlace(_folder), (string?)null, "/tmp/f.json")),
            ($"verify {_folder} --chain chest-xray", ("verify", new LedgerPlace(_folder, "chest-xray"), (string?)null, (string?)null)),
            ("verify Host=db --from-header head.cbor", ("verify", new LedgerPlace("Host=db"), "head.cbor", (string?)null)),
            ($"show chest-xray --data {_folder}", ("show", new LedgerPlace(_folder, "chest-xray"))),
            ("export chest-xray", ("export", new LedgerPlace("data", "chest-xray"), (string?)null)),
            ("export chest-xray --to /tmp/x.jsonl", ("export", new LedgerPlace("data", "chest-xray"), "/tmp/x.jsonl")),
            ("tx 3fa9 --json /tmp/t.json", ("tx", new LedgerPlace("data"), "3fa9", "/tmp/t.json")),
            ("tx 12 --chain skin", ("tx", new LedgerPlace("data", "skin"), "12", (string?)null)),
            ("diff a.db b.db --chain skin", ("diff", new LedgerPlace("a.db", "skin"), new LedgerPlace("b.db", "skin"), (string?)null)),
            ("provenance 3fa9 --data x", ("provenance", new LedgerPlace("x"), "3fa9", (string?)null)),
            ($"backup {_folder} --to /tmp/b.tar", ("backup", new LedgerPlace(_folder), "/tmp/b.tar")),
            ($"backup chest-xray --data {_folder} --to /tmp/b.tar", ("backup", new LedgerPlace(_folder, "chest-xray"), "/tmp/b.tar")),
            ($"restore /tmp/b.tar --to {_folder}", ("restore", "/tmp/b.tar", _folder, false)),
            ($"restore /tmp/b.tar --to {_folder} --nothing-signed-since", ("restore", "/tmp/b.tar", _folder, true)),
        ];
        foreach (var (arguments, _) in expected)
            Assert.Equal(0, await Invoke(["ledger", .. arguments.Split(' ')]));
        Assert.Equal(expected.Select(e => e.Call), _calls);
    }

    [Fact]
    public async Task Samples_and_quarantine_commands_pass_their_arguments()
    {
        string file = Path.Combine(_folder, "site.conf");
        await File.WriteAllTextAsync(file, $"pipeline.site {{ name = north, data-directory = \"{_folder}\" }}");
        Assert.Equal(0, await Invoke("samples", "list", "--config", file, "--chain", "chest", "--json", "/tmp/s.json"));
        Assert.Equal(0, await Invoke("samples", "export", "12ab", "--to", "/tmp/e", "--data", _folder));
        Assert.Equal(0, await Invoke("samples", "export", "--all", "--to", "/tmp/e", "--data", _folder));
        Assert.Equal(0, await Invoke("quarantine", "list", "--data", _folder));
        object[] expected =
        [
            (_folder, (string?)"chest", (string?)"/tmp/s.json"), (_folder, (string?)null, (string?)"12ab", "/tmp/e"),
            (_folder, (string?)null, (string?)null, "/tmp/e"), (_folder, (string?)null, (string?)null),
        ];
        Assert.Equal(expected, _calls);
    }

    [Fact]
    public async Task Sim_takes_lists_and_has_defaults()
    {
        Assert.Equal(0, await Invoke("sim"));
        Assert.Equal(0, await Invoke(
            "sim", "--schedules", "80,15,5", "--members", "4,7,10", "--seed", "9", "--threads", "3", "--json", "/tmp/s.json"));
        Assert.Equal(0, await Invoke("sim", "--members", "4,7", "--schedules", "20", "--mutant", "small-quorum"));
        Assert.Equal(0, await Invoke("sim", "--mutant", "all", "--schedules", "1", "--trace", "/tmp/t.log"));
        var requests = _calls.Cast<SimulationRequest>().ToArray();
        Assert.Equal([(4, 10_000)], requests[0].Sweeps);
        Assert.Equal((1L, 0, Environment.ProcessorCount, null, null), (requests[0].Seed, requests[0].Mutants.Count, requests[0].Threads, requests[0].JsonFile, requests[0].TraceFile));
        Assert.Equal([(4, 80), (7, 15), (10, 5)], requests[1].Sweeps);
        Assert.Equal((9L, 3, "/tmp/s.json"), (requests[1].Seed, requests[1].Threads, requests[1].JsonFile));
        Assert.Equal([(4, 20), (7, 20)], requests[2].Sweeps);
        Assert.Equal(["small-quorum"], requests[2].Mutants);
        Assert.Equal(Simulator.Mutants, requests[3].Mutants);
        Assert.Equal("/tmp/t.log", requests[3].TraceFile);
    }

    [Theory]
    [InlineData("no such command", "dmo")]
    [InlineData("no command", "")]
    [InlineData("a chain name with a path in it", "ledger show ../x")]
    [InlineData("a transaction that is no id", "ledger tx xyz")]
    [InlineData("a seed that is no number", "demo --seed many")]
    [InlineData("a seed below zero", "demo --seed -1")]
    [InlineData("an option that nobody knows", "demo --sed 1")]
    [InlineData("a backup without a place to go", "ledger backup data")]
    [InlineData("no members", "sim --members 0")]
    [InlineData("more members than a chain has", "sim --members 4,65")]
    [InlineData("no number of schedules", "sim --schedules many")]
    [InlineData("an empty part of a list", "sim --members 4,,7")]
    [InlineData("counts that do not pair", "sim --members 4,7,10 --schedules 1,2")]
    [InlineData("a mutant that nobody knows", "sim --mutant three-headed")]
    [InlineData("no thread", "sim --threads 0")]
    [InlineData("threads that are no number", "sim --threads many")]
    [InlineData("a first schedule that is no number", "sim --seed many")]
    [InlineData("a trace of many schedules", "sim --trace /tmp/t.log")]
    [InlineData("an argument missing", "config check")]
    [InlineData("a file that is not there", "config check /absent/site.conf")]
    [InlineData("samples of no site", "samples list")]
    [InlineData("samples of two sites", "samples list --data . --config hocon/site.conf")]
    [InlineData("samples below a folder that is not there", "samples list --data /absent/folder")]
    [InlineData("samples by a file that is not there", "samples list --config /absent/site.conf")]
    [InlineData("neither a sample nor all", "samples export --to /tmp/x --data .")]
    [InlineData("a sample and all", "samples export 12 --all --to /tmp/x --data .")]
    [InlineData("an export to nowhere", "samples export --all --data .")]
    [InlineData("a quarantine of no site", "quarantine list")]
    [InlineData("neither a site nor a CA to make", "init")]
    [InlineData("both", "init north --data d --trial-ca c")]
    [InlineData("keys without a place", "init north")]
    [InlineData("a member's name with a blank in capitals", "init North --data d")]
    [InlineData("a gateway without a port", "init north --data d --gateway north.example")]
    [InlineData("a chain without members", "chain create chest")]
    [InlineData("a chain's name that is none", "chain create Chest --member a")]
    [InlineData("a signature of nobody", "chain sign p")]
    [InlineData("a signature of two", "chain sign p --data . --config c")]
    [InlineData("an AE title that is none", "chain join p --data . --ae-title THIS-TITLE-IS-TOO-LONG")]
    [InlineData("a fault that nobody knows", "drill consortium --fault sneeze")]
    [InlineData("no member to hurt", "drill consortium --members 0")]
    public async Task Bad_usage_is_exit_code_2_and_a_clear_line(string what, string arguments)
    {
        Assert.Equal(ExitCode.Usage, await Invoke(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.NotEmpty(_terminal.Complaints);
        Assert.All(_terminal.Complaints, line => Assert.StartsWith("pipeline: ", line, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", _terminal.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", _terminal.Errors, StringComparison.Ordinal);
        Assert.True(_calls.Count == 0, what);
    }

    [Fact]
    public async Task An_error_is_one_line_without_a_stack_trace_unless_asked_for()
    {
        _outcome = () => throw new CommandFailedException("port 11112 is taken;\nset pipeline.dicom.port");
        Assert.Equal(ExitCode.Failed, await Invoke("demo"));
        Assert.Equal(["pipeline: port 11112 is taken; set pipeline.dicom.port"], _terminal.Complaints);

        _outcome = () => throw new InvalidOperationException("boom");
        Assert.Equal(ExitCode.Failed, await Invoke("demo"));
        Assert.Equal("pipeline: unexpected InvalidOperationException: boom; --verbose shows where", _terminal.Complaints[^1]);

        Assert.Equal(ExitCode.Failed, await Invoke("demo", "--verbose"));
        Assert.Contains("   at ", _terminal.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_exit_code_of_the_work_is_that_of_the_program_and_a_stop_is_130()
    {
        _outcome = () => ExitCode.Failed;
        Assert.Equal(ExitCode.Failed, await Invoke("ledger", "verify", _folder));
        _outcome = () => throw new OperationCanceledException();
        Assert.Equal(ExitCode.Interrupted, await Invoke("demo"));
    }

    [Theory]
    [InlineData("", "Exit codes")]
    [InlineData("run", "pipeline run --config hocon/site.conf")]
    [InlineData("demo", "--quick --seed 7")]
    [InlineData("ledger", "verify")]
    [InlineData("ledger verify", "pipeline ledger verify")]
    [InlineData("ledger show", "pipeline ledger show")]
    [InlineData("samples", "export")]
    [InlineData("samples list", "pipeline samples list --config")]
    [InlineData("samples export", "pipeline samples export --all --to look")]
    [InlineData("quarantine list", "pipeline quarantine list --config")]
    [InlineData("ledger export", "pipeline ledger export")]
    [InlineData("ledger tx", "pipeline ledger tx")]
    [InlineData("ledger diff", "pipeline ledger diff")]
    [InlineData("ledger provenance", "pipeline ledger provenance")]
    [InlineData("ledger backup", "pipeline ledger backup")]
    [InlineData("ledger restore", "pipeline ledger restore")]
    [InlineData("sim", "--mutant all")]
    [InlineData("bench ledger", "--quick --json bench.json")]
    [InlineData("bench gateway", "--quick --json bench.json")]
    [InlineData("drill consortium", "--members 6 --adversary --namespaces")]
    [InlineData("init", "pipeline init north --data")]
    [InlineData("chain", "join")]
    [InlineData("chain create", "--member north.member.json")]
    [InlineData("chain sign", "pipeline chain sign")]
    [InlineData("chain join", "--ae-title CHEST")]
    [InlineData("config", "check")]
    [InlineData("config check", "pipeline config check")]
    public async Task Every_command_explains_itself_with_an_example(string command, string expected)
    {
        Assert.Equal(0, await Invoke([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]));
        Assert.Contains(expected, _terminal.Output, StringComparison.Ordinal);
        Assert.Empty(_calls);
    }

    [Fact]
    public async Task Decisions_and_de_identification_pass_their_arguments()
    {
        Assert.Equal(0, await Invoke("quarantine", "show", "7", "--to", "/tmp/look.dcm", "--data", _folder));
        Assert.Equal(0, await Invoke("quarantine", "release", "7", "8", "--reason", "looked at", "--data", _folder, "--chain", "chest"));
        Assert.Equal(0, await Invoke("quarantine", "drop", "--held-for", "constant-image", "--reason", "empty", "--data", _folder));
        Assert.Equal(0, await Invoke("patient", "erase", "4711", "--reason", "withdrawn", "--data", _folder));
        Assert.Equal(0, await Invoke("deid", "/in", "--out", "/out", "--profile", "clean-pixel-data, retain-uids"));
        object[] expected =
            [
                ("show", (string?)null, 7L, (string?)"/tmp/look.dcm"), (OperatorAction.Release, (string?)"chest", "7 8", (string?)null, "looked at"),
                (OperatorAction.Drop, (string?)null, "", (string?)"constant-image", "empty"), (Path.GetFullPath(_folder), "4711", "withdrawn"),
            ];
        Assert.Equal(expected, _calls.SkipLast(1));
        var request = Assert.IsType<DeidRequest>(_calls[^1]);
        Assert.Equal(("/in", "/out", null), (request.Source, request.Target, request.DataDirectory));
        Assert.Equal(DeidentificationOption.CleanPixelData | DeidentificationOption.RetainUids, request.Profile.Options);
    }

    [Theory]
    [InlineData("quarantine", "release", "--reason", "x")]
    [InlineData("quarantine", "release", "7", "--held-for", "conflict", "--reason", "x")]
    [InlineData("quarantine", "drop", "7")]
    [InlineData("patient", "erase", "7")]
    [InlineData("deid", "/in", "--out", "/out", "--profile", "keep-names")]
    public async Task A_decision_without_its_object_or_reason_is_not_taken(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await Invoke([.. arguments, .. arguments[0] == "deid" ? (string[])[] : ["--data", _folder]]));
        Assert.Empty(_calls);
    }

    [Fact]
    public async Task Only_what_can_be_done_is_offered()
    {
        Assert.Equal(ExitCode.Usage, await CommandLine.InvokeAsync(["demo"], new Operations(), _terminal.Terminal));
        Assert.Equal(ExitCode.Usage, await CommandLine.InvokeAsync(["ledger", "show", "a"], new Operations(), _terminal.Terminal));
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(["config", "reference"], new Operations(), _terminal.Terminal));
    }

    private Task<int> Invoke(params string[] arguments) => CommandLine.InvokeAsync(arguments, new Operations
    {
        Run = (configuration, _, _) => Called(configuration),
        Demo = (options, _, _) => Called(options),
        Ledger = new RecordedLedger(this),
        ListSamples = (site, chain, json, _, _) => Called((site.DataDirectory, chain, json)),
        ExportSamples = (site, chain, id, folder, _, _) => Called((site.DataDirectory, chain, id, folder)),
        Quarantine = new RecordedQuarantine(this),
        ErasePatient = (site, patient, reason, _, _) => Called((site.DataDirectory, patient, reason)),
        Deidentify = (request, _, _) => Called(request),
        Simulate = (request, _, _) => Called(request),
        BenchmarkLedger = (request, _, _) => Called(request),
        BenchmarkGateway = (request, _, _) => Called(request),
        Drill = (request, _, _) => Called(request),
        Init = (request, _, _) => Called(request),
        ChangePassphrase = (site, file, _, _) => Called((site, file)),
        Ceremony = new RecordedCeremony(this),
    }, _terminal.Terminal);

    private Task<int> Called(object? argument)
    {
        _calls.Add(argument);
        return Task.FromResult(_outcome());
    }

    private sealed class RecordedQuarantine(CommandLineTests tests) : IQuarantineOperations
    {
        public Task<int> ListAsync(SiteFolder site, string? chain, string? jsonFile, Terminal terminal, CancellationToken stop) =>
            tests.Called((site.DataDirectory, chain, jsonFile));

        public Task<int> ShowAsync(SiteFolder site, string? chain, long instance, string? to, Terminal terminal, CancellationToken stop) =>
            tests.Called(("show", chain, instance, to));

        public Task<int> DecideAsync(
            SiteFolder site, OperatorAction action, string? chain, IReadOnlyList<long> instances, string? heldFor, string reason, Terminal terminal,
            CancellationToken stop) => tests.Called((action, chain, string.Join(' ', instances), heldFor, reason));
    }

    private sealed class RecordedCeremony(CommandLineTests tests) : IChainCeremony
    {
        public Task<int> CreateAsync(ChainCreation request, Terminal terminal, CancellationToken stop) => tests.Called(
            (request.Chain, string.Join(' ', request.CardFiles), request.TermsFile, string.Join(' ', request.TrustedFiles), request.Seed, request.OutputFile));

        public Task<int> ShowAsync(string file, Terminal terminal, CancellationToken stop) => tests.Called(("show", file));

        public Task<int> SignAsync(string file, CeremonySite site, Terminal terminal, CancellationToken stop) => tests.Called(("sign", file, site));

        public Task<int> JoinAsync(
            IReadOnlyList<string> files, CeremonySite site, string? aeTitle, string? labels, Terminal terminal, CancellationToken stop) =>
            tests.Called(("join", string.Join(' ', files), site, aeTitle, labels));
    }

    private sealed class RecordedLedger(CommandLineTests tests) : ILedgerOperations
    {
        public Task<int> VerifyAsync(LedgerPlace place, string? trustedHeader, string? jsonFile, Terminal terminal, CancellationToken stop) =>
            tests.Called(("verify", place, trustedHeader, jsonFile));

        public Task<int> ShowAsync(LedgerPlace place, Terminal terminal, CancellationToken stop) => tests.Called(("show", place));

        public Task<int> ExportAsync(LedgerPlace place, string? toFile, Terminal terminal, CancellationToken stop) => tests.Called(("export", place, toFile));

        public Task<int> TransactionAsync(LedgerPlace place, string idOrHeight, string? jsonFile, Terminal terminal, CancellationToken stop) =>
            tests.Called(("tx", place, idOrHeight, jsonFile));

        public Task<int> DiffAsync(LedgerPlace a, LedgerPlace b, string? jsonFile, Terminal terminal, CancellationToken stop) =>
            tests.Called(("diff", a, b, jsonFile));

        public Task<int> ProvenanceAsync(LedgerPlace place, string model, string? jsonFile, Terminal terminal, CancellationToken stop) =>
            tests.Called(("provenance", place, model, jsonFile));

        public Task<int> BackupAsync(LedgerPlace place, string toFile, Terminal terminal, CancellationToken stop) => tests.Called(("backup", place, toFile));

        public Task<int> RestoreAsync(string file, string to, bool nothingSignedSince, Terminal terminal, CancellationToken stop) =>
            tests.Called(("restore", file, to, nothingSignedSince));
    }
}
