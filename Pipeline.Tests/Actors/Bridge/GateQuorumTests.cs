using Pipeline.Actors.Bridge;
using Xunit;

namespace Pipeline.Tests.Actors.Bridge;

public sealed class GateQuorumTests
{
    [Theory]
    [InlineData(1, 1, 0.95)]
    [InlineData(4, 3, 0.7514)]
    [InlineData(5, 4, 0.6574)]
    [InlineData(7, 5, 0.6588)]
    public void Together_the_members_err_as_rarely_as_one_would_alone(int members, int quorum, double expected) =>
        Assert.Equal(expected, GateQuorum.SiteConfidence(members, quorum), 3);
}
