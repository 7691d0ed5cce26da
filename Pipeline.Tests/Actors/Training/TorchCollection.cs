using Xunit;

namespace Pipeline.Tests.Actors.Training;

/// <summary>Live tensors are counted for the whole process: tests that make some run one after another.</summary>
[CollectionDefinition("torch", DisableParallelization = true)]
public sealed class TorchCollection;
