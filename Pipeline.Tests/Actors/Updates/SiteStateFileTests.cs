using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Updates;

public sealed class SiteStateFileTests : IDisposable
{
    private static readonly ModelLayout Layout = new([new TensorLayout("conv", [3], ParameterRole.Backbone, 20)]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("site-state");

    private string Path => System.IO.Path.Combine(_folder.FullName, "state.bin");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Comes_back_as_it_was_saved()
    {
        var state = new SiteState(7, Digest.Of([1]), [1, 2, 3], [1f, -2f, 3f], 42, [0.1f, 0.2f, 0.3f], [4f, 5f, 6f]);
        new SiteStateFile(Path, Layout).Save(state);
        Assert.Equivalent(state, new SiteStateFile(Path, Layout).Load(), strict: true);
        long plain = new FileInfo(Path).Length;
        foreach (var longer in new[] { state with { Control = [7f, 8f, 9f] }, state with { Velocity = [7f, 8f, 9f] } })
        {
            new SiteStateFile(Path, Layout).Save(longer);
            Assert.Equivalent(longer, new SiteStateFile(Path, Layout).Load(), strict: true);
            Assert.Equal(plain + 8 + 12, new FileInfo(Path).Length);
        }

        new SiteStateFile(Path, Layout).Save(state with { Branch = 5 });
        Assert.Equivalent(state with { Branch = 5 }, new SiteStateFile(Path, Layout).Load(), strict: true);
        Assert.Equal(plain + 8 + 8, new FileInfo(Path).Length);
    }

    [Fact]
    public void Is_fresh_where_no_file_is() => Assert.Equal(0, new SiteStateFile(Path, Layout).Load().Round);

    [Fact]
    public void A_crash_while_writing_leaves_the_old_state()
    {
        var file = new SiteStateFile(Path, Layout);
        file.Save(SiteState.Fresh(3) with { Round = 4 });
        File.WriteAllBytes(Path + ".new", [1, 2, 3]);
        Assert.Equal(4, file.Load().Round);
        file.Save(SiteState.Fresh(3) with { Round = 5 });
        Assert.Equal(5, file.Load().Round);
    }

    [Fact]
    public void Names_a_damaged_file_and_one_of_another_model()
    {
        var file = new SiteStateFile(Path, Layout);
        file.Save(SiteState.Fresh(3));
        var other = new ModelLayout([new TensorLayout("conv", [4], ParameterRole.Backbone, 20)]);
        Assert.Contains("another model layout", Assert.Throws<InvalidDataException>(() => new SiteStateFile(Path, other).Load()).Message, StringComparison.Ordinal);
        var bytes = File.ReadAllBytes(Path);
        bytes[60] ^= 1;
        File.WriteAllBytes(Path, bytes);
        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(file.Load).Message, StringComparison.Ordinal);
    }
}
