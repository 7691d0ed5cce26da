using System.Text.Json.Serialization;

namespace Pipeline.Actors.Ingest.Requests;

/// <summary>What is asked for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OperatorAction>))]
public enum OperatorAction
{
    /// <summary>An instance leaves quarantine on the way it would have taken.</summary>
    Release,

    /// <summary>An instance in quarantine is deleted.</summary>
    Drop,

    /// <summary>Everything of a patient is deleted.</summary>
    Erase,
}
