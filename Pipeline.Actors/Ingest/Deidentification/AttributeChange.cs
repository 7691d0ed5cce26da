namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>What was done to one attribute. Carries no value.</summary>
/// <param name="Path">Tags from the outermost sequence inwards, items left out: <c>(0008,1140).(0008,1155)</c>.</param>
/// <param name="Action">Never <see cref="ProfileAction.Keep"/>.</param>
/// <param name="Why">The rule that asked for it.</param>
public readonly record struct AttributeChange(string Path, ProfileAction Action, ChangeReason Why);
