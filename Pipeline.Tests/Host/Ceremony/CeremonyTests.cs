using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Gateway;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Pipeline.Tests.Host.Configuration;
using Xunit;

namespace Pipeline.Tests.Host.Ceremony;

/// <summary>From empty folders to a chain, by the commands alone.</summary>
public sealed class CeremonyTests : IClassFixture<CeremonyTests.Initialised>, IDisposable
{
    private static readonly string[] Members = ["east", "north", "south"];

    private readonly Initialised _initialised;
    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();

    public CeremonyTests(Initialised initialised)
    {
        _initialised = initialised;
        File.WriteAllText(In("pass"), Initialised.Passphrase + "\n");
    }

    private string Proposal => In("chest.proposal");

    public void Dispose()
    {
        _folder.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task All_sign_and_all_have_the_same_chain()
    {
        await InitAllAsync();
        await CreateAsync();
        byte[] unsigned = File.ReadAllBytes(Proposal);
        await Ok("chain", "show", Proposal);
        Assert.Contains("has not signed", _terminal.Output, StringComparison.Ordinal);
        Assert.Equal(unsigned, File.ReadAllBytes(Proposal));
        foreach (string member in Members)
            await Ok("chain", "sign", Proposal, "--data", In(member), "--passphrase-file", In("pass"));
        foreach (string member in Members)
            await Ok("chain", "join", Proposal, "--config", In(member, "site.conf"), "--ae-title", "OTHER");
        _terminal.Clear();
        foreach (string member in Members)
            await Ok("chain", "join", Proposal, "--config", In(member, "site.conf"), "--ae-title", "CHEST");
        Assert.Contains("replaced: AE title OTHER, labels none", _terminal.Output, StringComparison.Ordinal);

        foreach (string member in Members)
        {
            var result = SiteConfiguration.Load(In(member, "site.conf"), new Dictionary<string, string>());
            Assert.True(result.IsValid, string.Join('\n', result.Errors));
            var site = result.Configuration.Site;
            Assert.Equal(("chest", "CHEST"), site.Chains.Select(c => (c.Name, c.AeTitle)).Single());
            Assert.Equal(
                Members.Where(m => m != member && m != "south").Select(m => (m, (string?)$"{m}.example:744{Array.IndexOf(Members, m)}")),
                site.Gateway.Peers.Select(p => (p.Member, p.Address)));
            Assert.Equal((true, member != "south"), (site.Gateway.Enabled, site.Gateway.Listen is not null));

            var genesis = GenesisFile.Read(site.Chains[0].GenesisFile, "chest")!;
            Assert.Equal(Members, genesis.Members.Members.Select(m => m.Id));
            var learning = Canonical.Decode<LearningGenesis>(genesis.Application);
            Assert.Equal((7, 2), (learning.Policy.Rounds, learning.Policy.Quorum));
            Assert.Equal(new PrivacyPolicy(PrivacyUnit.Patient, 1, 1 << 16, 1_000_000, 10_000, 8_000_000), learning.Policy.Privacy);
            Assert.Equal(AggregationPolicy.Robust(1), learning.Policy.Aggregation);
            Assert.Equal(["no", "yes"], learning.Task.Classes);
            Assert.True(new FilePayloadStore(new ChainFolder(In(member), "chest").Payloads, long.MaxValue).Contains(learning.InitialModel));
            using var identity = SiteIdentity.LoadOrCreate(In(member), "correct horse battery");
            Assert.Equal(identity.Signer.PublicKey, genesis.Members.Find(member)!.Key);
        }
    }

    [Fact]
    public async Task A_site_that_joins_again_keeps_what_it_said_and_writes_nothing_that_it_could_not_start_with()
    {
        await InitAllAsync();
        await CreateAsync();
        foreach (string member in Members)
            await Ok("chain", "sign", Proposal, "--data", In(member), "--passphrase-file", In("pass"));
        string config = In("east", "site.conf"), joined = In("east", "chains.d", "chest.conf"), other = In("east", "chains.d", "other.conf");
        Directory.CreateDirectory(In("east", "chains.d"));
        await File.WriteAllTextAsync(other, "pipeline.chains.other.ae-title = CHEST\n");
        await Fails("nothing was written", "chain", "join", Proposal, "--config", config, "--ae-title", "CHEST");
        Assert.Contains(_terminal.Complaints, line => line.Contains("give each chain its own", StringComparison.Ordinal));
        Assert.False(File.Exists(joined) || Directory.Exists(In("east", "chains", "chest")));

        await Ok("chain", "join", Proposal, "--config", config, "--ae-title", "THORAX", "--labels", In("labels.csv"));
        string first = await File.ReadAllTextAsync(joined);
        Assert.Contains("which is not there yet", _terminal.Output, StringComparison.Ordinal);
        await Ok("chain", "join", Proposal, "--config", config);
        Assert.Equal(first, await File.ReadAllTextAsync(joined));
        Assert.Contains("THORAX", first, StringComparison.Ordinal);
        Assert.Contains("labels.csv", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copies_that_were_signed_apart_make_one_chain()
    {
        await InitAllAsync();
        await CreateAsync();
        string[] copies = [.. Members.Select(m => In($"{m}.proposal"))];
        foreach (var (member, copy) in Members.Zip(copies))
        {
            File.Copy(Proposal, copy);
            await Ok("chain", "sign", copy, "--data", In(member), "--passphrase-file", In("pass"));
        }

        await Fails("is not signed by north, south", "chain", "join", copies[0], "--data", In("east"), "--passphrase-file", In("pass"));
        await Ok(["chain", "join", .. copies, "--data", In("east"), "--passphrase-file", In("pass")]);
        Assert.True(File.Exists(In("east", "chains", "chest", "genesis.cbor")));
    }

    [Fact]
    public async Task What_was_altered_after_a_signature_is_refused_whatever_it_is()
    {
        await InitAllAsync();
        await CreateAsync();
        await Ok("chain", "sign", Proposal, "--data", In("east"), "--passphrase-file", In("pass"));
        byte[] good = await File.ReadAllBytesAsync(Proposal);
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 12; i++)
        {
            byte[] bad = [.. good];
            bad[i == 0 ? bad.Length - 1 : i < 6 ? random.Next(600) : random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(Proposal, bad);
            Assert.True(await Run("chain", "sign", Proposal, "--data", In("north"), "--passphrase-file", In("pass")) == ExitCode.Failed, $"seed {seed}, alteration {i}");
        }

        await File.WriteAllBytesAsync(Proposal, good[..^100]);
        await Fails("is no genesis proposal", "chain", "sign", Proposal, "--data", In("north"), "--passphrase-file", In("pass"));
    }

    [Fact]
    public async Task Who_is_no_member_neither_signs_nor_joins()
    {
        await InitAllAsync();
        await CreateAsync();
        await Ok("init", "west", "--data", In("west"), "--passphrase-file", In("pass"));
        await Fails("is that of no member", "chain", "sign", Proposal, "--data", In("west"), "--passphrase-file", In("pass"));
    }

    [Fact]
    public async Task A_card_is_worth_nothing_with_another_name_or_key()
    {
        await InitAllAsync();
        string card = In("north", "north.member.json");
        await File.WriteAllTextAsync(card, (await File.ReadAllTextAsync(card)).Replace("\"north\"", "\"nerth\"", StringComparison.Ordinal));
        await Fails("is not signed by the key it names", Create());
        await File.WriteAllTextAsync(card, "{ \"member\": 5 }");
        await Fails("is no member card", Create());
    }

    [Fact]
    public async Task Keys_need_their_passphrase_and_are_never_replaced()
    {
        await File.WriteAllTextAsync(In("short"), "hunter2");
        Assert.Equal(ExitCode.Usage, await Run("init", "north", "--data", In("north"), "--passphrase-file", In("short")));
        Assert.False(Directory.Exists(In("north")));
        await Ok("init", "north", "--data", In("north"), "--passphrase-file", In("pass"));
        await Fails("never replaced", "init", "north", "--data", In("north"), "--passphrase-file", In("pass"));

        Assert.Contains("PIPELINE_PASSPHRASE", Assert.Throws<KeyFileException>(() => SiteIdentity.LoadOrCreate(In("north"))).Message, StringComparison.Ordinal);
        Assert.Contains("passphrase is wrong", Assert.Throws<KeyFileException>(() => SiteIdentity.LoadOrCreate(In("north"), "another passphrase")).Message, StringComparison.Ordinal);
        File.Copy(In("north", "keys", "site.key"), In("north", "keys", "member.key"), overwrite: true);
        Assert.Contains("holds the site key", Assert.Throws<KeyFileException>(() => SiteIdentity.LoadOrCreate(In("north"), "correct horse battery")).Message, StringComparison.Ordinal);
        foreach (string file in (string[])["site.key", "tls.key"])
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In("north", "keys", file)));
        }
    }

    [Fact]
    public async Task Bare_keys_of_a_site_that_ran_before_are_kept_and_encrypted()
    {
        MemberPublicKey key;
        using (var bare = SiteIdentity.LoadOrCreate(In("north")))
            key = bare.Signer.PublicKey;
        await Ok("init", "north", "--data", In("north"), "--passphrase-file", In("pass"));
        Assert.Throws<KeyFileException>(() => SiteIdentity.LoadOrCreate(In("north")));
        using var identity = SiteIdentity.LoadOrCreate(In("north"), "correct horse battery");
        Assert.Equal(key, identity.Signer.PublicKey);
    }

    [Fact]
    public async Task The_passphrase_of_the_keys_can_be_changed_and_the_keys_stay()
    {
        await InitAllAsync();
        await File.WriteAllTextAsync(In("new"), "battery staple correct horse\n");
        await File.WriteAllTextAsync(In("wrong"), "something else entirely\n");
        string[] change = ["key", "passphrase", "--data", In("north"), "--new-passphrase-file", In("new")];
        using var before = SiteIdentity.LoadOrCreate(In("north"), Initialised.Passphrase);
        new MemberKeyRotation("north", In("north"), before, Initialised.Passphrase).Next();
        byte[] tls = await File.ReadAllBytesAsync(In("north", "keys", "tls.key"));

        await Fails("the passphrase is wrong", [.. change, "--passphrase-file", In("wrong")]);
        Assert.Equal(tls, await File.ReadAllBytesAsync(In("north", "keys", "tls.key")));
        using (DataDirectoryLock.Take(In("north")).Value)
            await Fails("Stop the site that runs there", [.. change, "--passphrase-file", In("pass")]);

        await Ok([.. change, "--passphrase-file", In("pass")]);
        Assert.Throws<KeyFileException>(() => SiteIdentity.LoadOrCreate(In("north"), Initialised.Passphrase));
        using (var after = SiteIdentity.LoadOrCreate(In("north"), "battery staple correct horse"))
            Assert.Equal(before.Keys.All.Select(k => k.PublicKey), after.Keys.All.Select(k => k.PublicKey));
        GatewayCertificate.Load(In("north", "keys", "tls.crt"), In("north", "keys", "tls.key"), "battery staple correct horse").Dispose();

        // Interrupted half-way: one file has the new passphrase, another the old one.
        File.Copy(_initialised.In("north", "keys", "site.key"), In("north", "keys", "site.key"), overwrite: true);
        Assert.Throws<KeyFileException>(() => SiteIdentity.LoadOrCreate(In("north"), "battery staple correct horse"));
        await Ok([.. change, "--passphrase-file", In("pass")]);
        using var mended = SiteIdentity.LoadOrCreate(In("north"), "battery staple correct horse");
        Assert.Equal(before.Signer.PublicKey, mended.Signer.PublicKey);
    }

    [Fact]
    public async Task A_trial_CA_issues_certificates_and_a_request_is_there_for_a_real_one()
    {
        await Ok("init", "--trial-ca", In("ca"), "--passphrase-file", In("pass"));
        await Ok("init", "north", "--data", In("north"), "--gateway", "127.0.0.1:7443", "--ca", In("ca"), "--passphrase-file", In("pass"));
        using var certificate = GatewayCertificate.Load(In("north", "keys", "tls.crt"), In("north", "keys", "tls.key"), "correct horse battery");
        using var ca = X509CertificateLoader.LoadCertificateFromFile(In("ca", "ca.crt"));
        Assert.Equal(ca.Subject, certificate.Certificate.Issuer);
        var settings = SiteConfiguration.Load(In("north", "site.conf"), new Dictionary<string, string>()).Configuration!.Site.Gateway;
        Assert.Equal(In("ca", "ca.crt"), settings.TrustedCaFile);
        Assert.Null(CertificateRules.Judge(certificate.Certificate, settings, DateTimeOffset.UtcNow));
        Assert.Equal(GatewayCertificate.FingerprintOf(certificate.Certificate), CeremonyFile.ReadCard(In("north", "north.member.json")).Certificate);
        var request = CertificateRequest.LoadSigningRequestPem(await File.ReadAllTextAsync(In("north", "keys", "tls.csr")), HashAlgorithmName.SHA256);
        Assert.Equal("CN=north", request.SubjectName.Name);
    }

    [Fact]
    public async Task Terms_are_checked_all_at_once()
    {
        await InitAllAsync();
        await File.WriteAllTextAsync(In("terms.conf"), "chain { roundz = 5, quorum = 9, heartbeat = 5, classes = one, bridge-grants = \"A B\" }");
        Assert.Equal(ExitCode.Usage, await Run(Create()));
        foreach (string mistake in (string[])["did you mean 'chain.rounds'?", "the chain has 3 members", "chain.heartbeat", "chain.classes", "chain.bridge-grants"])
            Assert.Contains(mistake, _terminal.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("selection = rotating, frozen-backbone = on", "nothing of the backbone is sent")]
    [InlineData("selection = largest-of-tensor, frozen-backbone = on", "nothing of the backbone is sent")]
    [InlineData("class-weights-ppm = \"1000000,1000000,500000\"", "the chain has 2 classes")]
    [InlineData("class-weights-ppm = \"1000000,0\"", "numbers from 1 separated by commas")]
    [InlineData("control-ppm = 20000, server-momentum-ppm = 500000", "leave one of the two out")]
    [InlineData("control-ppm = 20000, typical-images = 300", "another thing with weights by images")]
    [InlineData("typical-images = 300, aggregation = robust", "leave one of the two out")]
    [InlineData("control-ppm = 20000, aggregation = robust", "another thing with robust aggregation")]
    [InlineData("control-ppm = 20000, momentum-ppm = 500000", "another thing with momentum correction")]
    [InlineData("trial-rounds = 5, rounds = 20, trial-share-ppm = 400000", "chain.trial-rounds")]
    [InlineData("trial-rounds = 5, rounds = 20, trial-share-ppm = 400000", "a trial takes 10 rounds, and trials may take 8 of 20")]
    [InlineData("selection = rotating, rounds = 20, density-ppm = 36000", "at least 50000, or more rounds")]
    public async Task Terms_that_contradict_each_other_are_refused(string terms, string problem)
    {
        await InitAllAsync();
        await File.WriteAllTextAsync(In("terms.conf"), $"chain {{ {terms} }}");
        Assert.Equal(ExitCode.Usage, await Run(Create()));
        Assert.Contains(problem, _terminal.Errors, StringComparison.Ordinal);
    }

    /// <summary>As of the site's reference: each term is read, and its comment states what the reader checks.</summary>
    [Fact]
    public void Every_term_is_read_and_documented_with_the_range_that_is_checked()
    {
        var reader = new SettingsReader([new ConfigurationLayer(_ => "x", Akka.Configuration.ConfigurationFactory.ParseString(ChainTerms.Reference))]);
        var policy = ChainTerms.Create(reader, 4)!.Policy;
        Assert.Equal(PolicyCatalog.Default with { Quorum = 3, DeadlineBlocks = policy.DeadlineBlocks, BridgeEvery = policy.BridgeEvery, BridgeGrants = policy.BridgeGrants }, policy);
        Assert.Empty(reader.Errors);
        var documented = ReferenceDocument.Read(ChainTerms.Reference, "chain");
        Assert.Equal(documented.Keys.Order(), reader.Legends.Keys.Order());
        Assert.All(documented, entry => Assert.Equal((entry.Key, reader.Legends[entry.Key]), (entry.Key, entry.Value.Legend)));
    }

    [Fact]
    public void A_sealed_secret_opens_by_its_passphrase_and_purpose_alone()
    {
        byte[] file = SealedSecret.Seal([1, 2, 3], "a purpose", "a passphrase");
        Assert.True(SealedSecret.IsSealed(file));
        Assert.True(SealedSecret.TryOpen(file, "a purpose", "a passphrase", out byte[]? secret, out _));
        Assert.Equal([1, 2, 3], secret);
        Assert.False(SealedSecret.TryOpen(file, "another", "a passphrase", out _, out _));
        file[^1] ^= 1;
        Assert.False(SealedSecret.TryOpen(file, "a purpose", "a passphrase", out _, out string? fault));
        Assert.Contains("altered", fault, StringComparison.Ordinal);
    }

    private string In(params string[] parts) => Path.Combine([_folder.Path, .. parts]);

    /// <summary>A copy of what <c>pipeline init</c> made: keys are dear, on purpose.</summary>
    private async Task InitAllAsync()
    {
        await _initialised.InitializeAsync(Run);
        foreach (string member in Members)
        {
            foreach (string file in Directory.EnumerateFiles(_initialised.In(member), "*", SearchOption.AllDirectories))
            {
                string copy = In(member, Path.GetRelativePath(_initialised.In(member), file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            string configuration = In(member, "site.conf");
            await File.WriteAllTextAsync(
                configuration, (await File.ReadAllTextAsync(configuration)).Replace(_initialised.In(), _folder.Path, StringComparison.Ordinal));
        }
    }

    private async Task CreateAsync()
    {
        await File.WriteAllTextAsync(In("terms.conf"), "chain { rounds = 7, quorum = 2, classes = \"no, yes\", privacy = patient, aggregation = robust }");
        await Ok(Create());
    }

    private string[] Create() =>
        ["chain", "create", "chest", "--member", .. Members.Select(m => In(m, $"{m}.member.json")), "--terms", In("terms.conf"), "--seed", "1", "--out", Proposal];

    private async Task Ok(params string[] arguments)
    {
        int code = await Run(arguments);
        Assert.True(code == ExitCode.Ok, $"{string.Join(' ', arguments)}: {code}\n{_terminal.Errors}");
    }

    private async Task Fails(string reason, params string[] arguments)
    {
        Assert.Equal(ExitCode.Failed, await Run(arguments));
        Assert.Contains(reason, _terminal.Errors, StringComparison.Ordinal);
    }

    /// <summary>Two that listen, and one that only dials; made once, by the first test that needs them.</summary>
    public sealed class Initialised : IDisposable
    {
        public const string Passphrase = "correct horse battery";

        private readonly TestFolder _folder = new();
        private bool _done;

        public string In(params string[] parts) => Path.Combine([_folder.Path, .. parts]);

        public async Task InitializeAsync(Func<string[], Task<int>> run)
        {
            if (_done)
                return;
            _done = true;
            await File.WriteAllTextAsync(In("pass"), Passphrase + "\n");
            foreach (var (member, i) in Members.Select((m, i) => (m, i)))
            {
                string[] reachable = member == "south" ? [] : ["--gateway", $"{member}.example:744{i}"];
                Assert.Equal(ExitCode.Ok, await run(["init", member, "--data", In(member), "--passphrase-file", In("pass"), .. reachable]));
            }
        }

        public void Dispose() => _folder.Dispose();
    }

    private Task<int> Run(params string[] arguments) => CommandLine.InvokeAsync(
        arguments, new Operations { Init = SiteProvisioning.InitAsync, Ceremony = new ChainCeremony(), ChangePassphrase = KeyPassphrase.ChangeAsync }, _terminal.Terminal);
}
