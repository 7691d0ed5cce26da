namespace Pipeline.Ledger.Application;

/// <summary>Kinds of the payloads of a learning chain (<see cref="Payloads.PayloadProtocol.Publish"/>).</summary>
public static class LearningPayloads
{
    /// <summary>A canonical <see cref="Rounds.SparseUpdate"/>.</summary>
    public const int Update = 1;

    /// <summary>A canonical <see cref="Rounds.BackbonePayload"/>.</summary>
    public const int Backbone = 2;

    /// <summary>The bytes of a <see cref="Rounds.FixedPointModel"/>.</summary>
    public const int Model = 3;
}
