using Akka.Configuration;
using Akka.TestKit.Xunit2;

namespace Pipeline.Tests;

/// <summary>A test kit whose expectations bound only a failing test: on a machine that is busy with something else a message may be late.</summary>
public abstract class PatientTestKit : TestKit
{
    private static readonly Config Patience = ConfigurationFactory.ParseString("akka.test { single-expect-default = 30s, default-timeout = 30s }");

    /// <param name="config">The test's own; wins.</param>
    protected PatientTestKit(Config? config = null) : base(config?.WithFallback(Patience) ?? Patience)
    {
    }

    /// <param name="hocon">The test's own; wins.</param>
    protected PatientTestKit(string hocon) : this(ConfigurationFactory.ParseString(hocon))
    {
    }
}
