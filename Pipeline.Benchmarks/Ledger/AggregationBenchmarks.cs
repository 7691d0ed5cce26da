using BenchmarkDotNet.Attributes;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Benchmarks.Ledger;

/// <summary>One round's close at a replica: decode and check every member's update, then the integer step. Density 1 %.</summary>
[MemoryDiagnoser]
public class AggregationBenchmarks
{
    private ModelLayout _layout = null!;
    private RoundPolicy _policy = null!;
    private FixedPointModel _model = null!;
    private byte[][] _payloads = [];
    private DecodedUpdate[] _decoded = [];

    [Params(100_000, 1_000_000, 10_000_000)]
    public int Parameters { get; set; }

    [Params(4, 30)]
    public int Members { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _layout = new ModelLayout([new("backbone", [Parameters], ParameterRole.Backbone, 20), new("head", [128], ParameterRole.Head, 20)]);
        _policy = new RoundPolicy(10, 1, 10, 1, 1, 1000, 0, 10_000, long.MaxValue, RoundPolicy.One / 2, RoundPolicy.One, 0, [], 0);
        _model = new FixedPointModel(_layout, new int[_layout.Length], new int[_layout.Length]);
        var random = new Random(1);
        int selected = UpdateChecks.MaxSelected(_layout, _policy, 1);
        _payloads = new byte[Members][];
        for (int m = 0; m < Members; m++)
        {
            var positions = new SortedSet<int>();
            while (positions.Count < selected)
                positions.Add(random.Next(Parameters));
            float[] values = [.. Enumerable.Range(0, selected).Select(_ => random.NextSingle() - 0.5f)];
            var salt = new byte[SparseUpdate.SaltSize];
            random.NextBytes(salt);
            _payloads[m] = Canonical.Encode(UpdateEncoder.Encode(
                _layout, 1, Digest.Zero, new float[_layout.DenseLength], [.. positions], values, random, salt));
        }

        _decoded = [.. _payloads.Select(Decode)];
    }

    [Benchmark]
    public int DecodeAndCheck() => _payloads.Sum(p => Decode(p).Indices.Length);

    [Benchmark]
    public FixedPointModel Step() => IntegerAggregator.Step(_model, _policy, new MeanRule(), _decoded);

    private DecodedUpdate Decode(byte[] payload) =>
        UpdateChecks.TryDecode(_layout, _policy, payload, out var update, out string? error) ? update : throw new InvalidOperationException(error);
}
