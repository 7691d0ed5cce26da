using System.CommandLine;
using Pipeline.Host.Ceremony;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline chain</c>: a verb a file.</summary>
internal static partial class ChainCommand
{
    public static Command Create(IChainCeremony ceremony, Terminal terminal) => new("chain", "Begins a chain: one member proposes, all sign, all install.")
    {
        CreateCreate(ceremony, terminal), CreateShow(ceremony, terminal), CreateSign(ceremony, terminal), CreateJoin(ceremony, terminal),
    };
}
