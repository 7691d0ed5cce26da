namespace Pipeline.Host.Experiments;

/// <summary>The claim that an experiment measures.</summary>
public enum ExperimentKind
{
    /// <summary>Collaborative training against pooled data and against each institution alone.</summary>
    Centralized,

    /// <summary>Partial updates against whole ones.</summary>
    Communication,

    /// <summary>A similar task's backbone, offered over a bridge.</summary>
    Bridge,

    /// <summary>Each institution's own model after the collaborative training.</summary>
    Personalization,

    /// <summary>Variants of the policy against each other, by validation images.</summary>
    Policies,

    /// <summary>False members against robust aggregation.</summary>
    Byzantine,

    /// <summary>Accuracy and measured membership over ε.</summary>
    Privacy,
}
