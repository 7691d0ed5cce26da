using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class RecordIdentityTests
{
    [Fact]
    public void A_copy_with_another_field_has_another_id_and_an_equal_one_is_equal_whether_or_not_its_id_is_known()
    {
        var chain = new TestChain();
        var header = chain.NextBlock(chain.Start()).Header;
        var known = header.Id;
        Assert.NotEqual(known, (header with { OutboxRoot = TestChain.Named("other") }).Id);
        var twin = chain.NextBlock(chain.Start()).Header;
        Assert.Equal(header, twin);
        Assert.Equal(known, twin.Id);

        var genesis = chain.Genesis;
        Assert.NotEqual(genesis.ChainId, (genesis with { Time = 1 }).ChainId);
        var transaction = chain.Factories[0].Create(new Metrics(1, 2, 3));
        Assert.NotEqual(transaction.Id, (transaction with { Nonce = 9 }).Id);
        Assert.NotEqual(Digest.Zero, known);
    }
}
