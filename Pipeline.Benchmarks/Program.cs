using BenchmarkDotNet.Running;

// dotnet run -c Release --project Pipeline.Benchmarks -- --filter '*Aggregation*'
return BenchmarkSwitcher.FromAssembly(typeof(Pipeline.Benchmarks.Ledger.AggregationBenchmarks).Assembly).Run(args).Any() ? 0 : 1;
