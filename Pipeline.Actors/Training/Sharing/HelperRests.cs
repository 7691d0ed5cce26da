namespace Pipeline.Actors.Training.Sharing;

/// <summary>A node that failed in a round is left out of the next ones: 1, 2, 4 … rounds, until it has helped through a round.</summary>
public sealed class HelperRests
{
    private const int Longest = 64;

    private readonly Dictionary<string, (int Length, int Left)> _nodes = new(StringComparer.Ordinal);

    public bool IsResting(string node) => _nodes.TryGetValue(node, out var rest) && rest.Left > 0;

    /// <summary>A round is over.</summary>
    /// <param name="failed">Who was left out in the midst of it.</param>
    /// <param name="helped">Who took part to its end.</param>
    public void Take(IEnumerable<string> failed, IEnumerable<string> helped)
    {
        foreach (string node in _nodes.Keys.ToArray())
            _nodes[node] = _nodes[node] with { Left = Math.Max(0, _nodes[node].Left - 1) };
        foreach (string node in helped)
            _nodes.Remove(node);
        foreach (string node in failed)
        {
            int length = Math.Clamp(2 * _nodes.GetValueOrDefault(node).Length, 1, Longest);
            _nodes[node] = (length, length);
        }
    }
}
