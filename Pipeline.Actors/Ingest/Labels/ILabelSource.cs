namespace Pipeline.Actors.Ingest.Labels;

/// <summary>Where labels of one chain come from. Labels may arrive before or after their images.</summary>
public interface ILabelSource
{
    /// <summary>Labels that became known, changed or were withdrawn since the last call. Called by one thread at a time, about ten times a second.</summary>
    IReadOnlyList<LabelEntry> Poll();

    /// <summary>
    /// Whether what it told so far is all it has. Then a stored sample that it has no label for lost it, perhaps while the site was down, and waits again.
    /// </summary>
    bool IsComplete => false;

    /// <summary>What a person has to mend for labels to come, as of the last call; holds no key and no label. Empty when all is well.</summary>
    IReadOnlyList<string> Problems => [];
}
