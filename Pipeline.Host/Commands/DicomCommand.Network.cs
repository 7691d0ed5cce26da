using System.CommandLine;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline dicom echo</c> and <c>pipeline dicom send</c>.</summary>
internal static partial class DicomCommand
{
    private static DocumentedCommand Echo(EchoDicom echo, Terminal terminal)
    {
        var command = new DocumentedCommand("echo",
            "Asks a DICOM peer whether it is there (C-ECHO). Exit code 0 when it answers with success, 1 when it does not.",
            """
            pipeline dicom echo pacs.hospital.example:104 --aec PACS1
            pipeline dicom echo localhost:2762 --aec PIPELINE --tls-cert me.pem --tls-key me.key --tls-trust hospital-ca.pem
            """);
        var peer = PeerOptions.AddTo(command);
        command.SetAction((parsed, stop) => echo(peer.Read(parsed), terminal, stop));
        return command;
    }

    private static DocumentedCommand Send(SendDicom send, Terminal terminal)
    {
        var paths = new Argument<string[]>("PATH") { Description = "A file, or a folder with everything under it.", Arity = ArgumentArity.OneOrMore };
        var associations = new Option<int>("--associations") { Description = "Associations at the same time.", DefaultValueFactory = _ => 1, HelpName = "N" };
        var window = new Option<int>("--window")
        {
            Description = "Instances on their way at once on each association, where the peer agrees (asynchronous operations).",
            DefaultValueFactory = _ => 1,
            HelpName = "N",
        };
        var commit = new Option<bool>("--commit") { Description = "Then ask for storage commitment, and wait for the report on the same association." };
        var command = new DocumentedCommand("send",
            "Sends DICOM files by C-STORE, as they are: each in its own transfer syntax, read from the disk while it goes out. Exit code 0 when every file was taken, also with a warning, 1 when one was not.",
            """
            pipeline dicom send localhost:11112 studies/ --aec CHEST
            pipeline dicom send localhost:11112 studies/ --aec CHEST --associations 4 --window 8 --commit
            """) { paths, associations, window, commit };
        command.Validators.Add(result =>
        {
            if (Given(result, associations) is < 1 or > 64)
                result.AddError("--associations is 1 to 64");
            if (Given(result, window) is < 1 or > 256)
                result.AddError("--window is 1 to 256");
        });
        var peer = PeerOptions.AddTo(command);
        command.SetAction((parsed, stop) => send(
            new DicomSendRequest(
                peer.Read(parsed), parsed.GetRequiredValue(paths), parsed.GetValue(associations), parsed.GetValue(window), parsed.GetValue(commit)),
            terminal, stop));
        return command;
    }

    /// <summary>A number that was given; null where the default holds.</summary>
    private static int? Given(System.CommandLine.Parsing.CommandResult result, Option<int> option) =>
        result.GetResult(option) is { Implicit: false } ? result.GetValue(option) : null;

    /// <summary>The options by which a command names a peer, and how to come to it.</summary>
    private sealed class PeerOptions
    {
        private readonly Argument<string> _address = new("HOST:PORT") { Description = "Where the peer listens." };
        private readonly Option<string> _called = AeTitle("--aec", "AE title of the peer.", "ANY-SCP");
        private readonly Option<string> _calling = AeTitle("--aet", "AE title to call as.", "PIPELINE");
        private readonly Option<int> _maxPdu = new("--max-pdu") { Description = "The largest PDU to send and take (bytes).", DefaultValueFactory = _ => 131072, HelpName = "N" };
        private readonly Option<int> _timeout = new("--timeout") { Description = "Patience for the connection and each answer (seconds).", DefaultValueFactory = _ => 30, HelpName = "N" };
        private readonly Option<string> _trusted = new("--tls-trust") { Description = "Speak TLS, and trust these certificates or authorities (PEM).", HelpName = "FILE" };
        private readonly Option<string> _certificate = new("--tls-cert") { Description = "With TLS: the certificate to show (PEM).", HelpName = "FILE" };
        private readonly Option<string> _key = new("--tls-key") { Description = "With TLS: its key (PEM, without a password).", HelpName = "FILE" };

        public static PeerOptions AddTo(Command command)
        {
            var options = new PeerOptions();
            command.Arguments.Insert(0, options._address);
            foreach (Option option in (Option[])[options._called, options._calling, options._maxPdu, options._timeout, options._trusted, options._certificate, options._key])
                command.Options.Add(option);
            command.Validators.Add(result =>
            {
                if (result.GetValue(options._address) is { } address && DicomAddress.Parse(address) is null)
                    result.AddError($"'{address}' is no HOST:PORT");
                if (result.GetResult(options._certificate) is null != result.GetResult(options._key) is null)
                    result.AddError("--tls-cert and --tls-key belong together");
                if (result.GetResult(options._certificate) is not null && result.GetResult(options._trusted) is null)
                    result.AddError("--tls-cert needs --tls-trust: whom to trust at the other end");
                if (Given(result, options._maxPdu) is < 4096 or > 16 << 20)
                    result.AddError("--max-pdu is 4096 to 16777216");
                if (Given(result, options._timeout) is < 1 or > 3600)
                    result.AddError("--timeout is 1 to 3600");
                foreach (var title in (Option<string>[])[options._called, options._calling])
                {
                    if (result.GetResult(title) is { Implicit: false } && !SettingsRules.IsAeTitle(result.GetValue(title) ?? ""))
                        result.AddError($"{title.Name} is an {SettingsRules.AeTitleLegend}");
                }
            });
            return options;
        }

        public DicomPeerRequest Read(ParseResult parsed)
        {
            var address = DicomAddress.Parse(parsed.GetRequiredValue(_address))!;
            return new DicomPeerRequest(
                address.Host, address.Port, parsed.GetRequiredValue(_called), parsed.GetRequiredValue(_calling), parsed.GetValue(_maxPdu),
                TimeSpan.FromSeconds(parsed.GetValue(_timeout)), parsed.GetValue(_trusted), parsed.GetValue(_certificate) ?? "", parsed.GetValue(_key) ?? "");
        }

        private static Option<string> AeTitle(string name, string description, string title) =>
            new(name) { Description = description, DefaultValueFactory = _ => title, HelpName = "AE" };
    }
}
