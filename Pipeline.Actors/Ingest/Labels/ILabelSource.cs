namespace Pipeline.Actors.Ingest.Labels;

/// <summary>Where labels of one chain come from. Labels may arrive before or after their images.</summary>
public interface ILabelSource
{
    /// <summary>Labels that became known or changed since the last call. Called by one thread at a time, about ten times a second.</summary>
    IReadOnlyList<LabelEntry> Poll();

    /// <summary>What a person has to mend for labels to come, as of the last call; holds no key and no label. Empty when all is well.</summary>
    IReadOnlyList<string> Problems => [];
}
