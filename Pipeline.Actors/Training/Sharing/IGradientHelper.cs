namespace Pipeline.Actors.Training.Sharing;

/// <summary>Another training node of the site that computes parts of a round's gradients. Used by one thread, one work at a time.</summary>
public interface IGradientHelper
{
    /// <summary>The node's name.</summary>
    string Node { get; }

    /// <summary>Sends a part off and returns at once; the caller may change the weights then.</summary>
    void Begin(GradientWork work);

    /// <summary>Waits for what was begun; a node that is lost, late or without the images gives a part with a fault.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    GradientPart End(TimeSpan wait, CancellationToken stop);

    /// <summary>Ends the link to it: an answer that comes later is nobody's. It may be offered again by a later round.</summary>
    void Leave();
}
