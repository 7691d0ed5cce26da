using System.Security.Cryptography;
using System.Text;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Updates;

public sealed class SiteStateFileTests(ITestOutputHelper output) : IDisposable
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
    public void Its_bytes_are_the_documented_ones()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int trial = 0; trial < 24; trial++)
        {
            var layout = new ModelLayout([new TensorLayout("conv", [1 + random.Next(40_000)], ParameterRole.Backbone, 20)]);
            var payload = new byte[random.Next(2_000)];
            random.NextBytes(payload);
            var state = new SiteState(
                random.NextInt64(), Digest.Of(payload), payload, Values(random, layout), random.NextInt64(), Values(random, layout), Values(random, layout))
            {
                Control = trial % 2 == 0 ? [] : Values(random, layout),
                Velocity = trial % 3 == 0 ? [] : Values(random, layout),
            };
            new SiteStateFile(Path, layout).Save(state);
            Assert.True(Documented(state, layout).AsSpan().SequenceEqual(File.ReadAllBytes(Path)), $"seed {seed}, trial {trial}: other bytes");
            Assert.Equivalent(state, new SiteStateFile(Path, layout).Load(), strict: true);
        }
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
    public void A_full_disk_is_an_IOException_and_leaves_the_old_state()
    {
        if (!File.Exists("/dev/full"))
        {
            output.WriteLine("PEER MISSING: this system has no /dev/full; a full disk is NOT CHECKED.");
            return;
        }

        var file = new SiteStateFile(Path, Layout);
        file.Save(SiteState.Fresh(3) with { Round = 4 });
        File.CreateSymbolicLink(Path + ".new", "/dev/full");
        Assert.Throws<IOException>(() => file.Save(SiteState.Fresh(3) with { Round = 5 }));
        Assert.Equal(4, file.Load().Round);
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

    /// <summary>The file as its docstring says, number by number.</summary>
    private static byte[] Documented(SiteState state, ModelLayout layout)
    {
        bool longer = state.Control.Length + state.Velocity.Length > 0;
        var bytes = new List<byte>(Encoding.ASCII.GetBytes(longer ? "PSTATE02" : "PSTATE01"));
        bytes.AddRange([.. layout.Digest.ToArray(), .. BitConverter.GetBytes(state.Round), .. state.Base.ToArray(), .. BitConverter.GetBytes(state.OptimizerSteps)]);
        bytes.AddRange([.. BitConverter.GetBytes(state.Payload.Length), .. state.Payload]);
        bytes.AddRange(state.Residual.Concat(state.FirstMoment).Concat(state.SecondMoment).SelectMany(BitConverter.GetBytes));
        foreach (float[] values in longer ? new[] { state.Control, state.Velocity } : [])
            bytes.AddRange([.. BitConverter.GetBytes(values.Length), .. values.SelectMany(BitConverter.GetBytes)]);
        return [.. bytes, .. SHA256.HashData(bytes.ToArray())];
    }

    private static float[] Values(Random random, ModelLayout layout) => [.. Enumerable.Range(0, layout.Length).Select(_ => random.NextSingle() - 0.5f)];
}
