using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// The backbone coordinates that every update of a round carries under <see cref="UpdateSelection.Rotating"/>: a window that goes on by its own length each round
/// over one permutation of all of them, and from its end to its beginning. The permutation follows from the layout, so every replica knows it from the genesis
/// on and no member chooses it. docs/decisions/0067.
/// </summary>
public static class RotatingSelection
{
    private const int FeistelRounds = 6;

    private static readonly byte[] Domain = Encoding.ASCII.GetBytes("pipeline/v1/rotation");

    /// <summary>Backbone positions of a round, ascending. Integers only; O(selected · log selected), nothing is kept.</summary>
    /// <param name="round">From 1. At one density each coordinate is in the windows as often as every other, or once more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A round below 1.</exception>
    public static int[] Of(ModelLayout layout, RoundPolicy policy, long round)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(round, 1);
        int length = layout.SparseLength, count = UpdateChecks.MaxSelected(layout, policy, round);
        var positions = new int[Math.Min(count, length)];
        if (positions.Length == 0)
            return positions;
        var permutation = new Permutation(layout);
        long start = (round - 1) % length * positions.Length % length;
        for (int i = 0; i < positions.Length; i++)
            positions[i] = permutation.At((int)((start + i) % length));
        Array.Sort(positions);
        return positions;
    }

    /// <summary>
    /// A balanced Feistel network over the least even number of bits that holds the length, walked until it falls inside (Black and Rogaway 2002): any place of
    /// a permutation of 2²⁸ coordinates without a list of them.
    /// </summary>
    private sealed class Permutation
    {
        private readonly int _length;
        private readonly int _half;
        private readonly ulong[] _keys;

        public Permutation(ModelLayout layout)
        {
            _length = layout.SparseLength;
            _half = (BitOperations.Log2((uint)_length - 1) + 2) / 2;
            _keys = new ulong[FeistelRounds];
            for (int r = 0; r < FeistelRounds; r++)
                _keys[r] = BinaryPrimitives.ReadUInt64BigEndian(Digest.Of([.. Domain, .. layout.Digest.ToArray(), (byte)r]).ToArray());
        }

        public int At(int place)
        {
            uint at = (uint)place;
            do
                at = Network(at);
            while (at >= _length);
            return (int)at;
        }

        private uint Network(uint value)
        {
            uint mask = (1u << _half) - 1, left = value >> _half, right = value & mask;
            foreach (ulong key in _keys)
                (left, right) = (right, left ^ ((uint)Mix(right ^ key) & mask));
            return left << _half | right;
        }

        /// <summary>SplitMix64's finalizer (Steele, Lea and Flood 2014).</summary>
        private static ulong Mix(ulong value)
        {
            value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
            value = (value ^ value >> 27) * 0x94d049bb133111eb;
            return value ^ value >> 31;
        }
    }
}
