using System.Buffers.Binary;
using System.Collections;
using System.Reflection;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;
using Pipeline.Ledger.Snapshots;
using Pipeline.Tests.Ledger.Consensus;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Codec;

/// <summary>
/// Every type that has a canonical form, found by reflection, is decoded from damaged bytes: an error is a value, and what is allocated is
/// bounded by what came in, whatever lengths it declares.
/// </summary>
public sealed class DecoderFuzzTests
{
    private const int Mutations = 1500;

    /// <summary>Reader, exception and message; independent of the input.</summary>
    private const long FixedBytes = 64 * 1024;

    /// <summary>Decoded objects against canonical bytes, and the re-encoding that is compared.</summary>
    private const long BytesPerByte = 64;

    private static readonly Dictionary<Type, IReadOnlyList<byte[]>> Corpus = Collect();

    public static TheoryData<string> Types => [.. CanonicalTypes.Select(type => type.Name).Order(StringComparer.Ordinal)];

    private static IEnumerable<Type> CanonicalTypes => typeof(Canonical).Assembly.GetTypes().Where(type =>
        !type.ContainsGenericParameters &&
        type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ICanonical<>) && i.GetGenericArguments()[0] == type));

    [Theory]
    [MemberData(nameof(Types))]
    public void Damaged_bytes_are_refused_or_decoded_and_never_allocate_beyond_their_bound(string name)
    {
        var type = CanonicalTypes.Single(t => t.Name == name);
        Assert.True(Corpus.TryGetValue(type, out var samples), $"{name} has no sample to damage: add one to {nameof(Roots)}");
        var decode = typeof(DecoderFuzzTests).GetMethod(nameof(Decode), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type).CreateDelegate<Func<byte[], bool>>();
        foreach (byte[] sample in samples)
            Assert.True(decode(sample), $"{name}: a sample does not decode");

        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = Damage(samples[random.Next(samples.Count)], samples[random.Next(samples.Count)], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decode(bytes);
            }
            catch (Exception e)
            {
                Assert.Fail($"{name}, seed {seed}, mutation {i}: {e.GetType().Name} {e.Message} from {Convert.ToHexString(bytes)}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(
                allocated <= FixedBytes + BytesPerByte * bytes.Length,
                $"{name}, seed {seed}, mutation {i}: {allocated} bytes allocated for {bytes.Length} bytes {Convert.ToHexString(bytes)}");
        }
    }

    private static bool Decode<T>(byte[] bytes) where T : ICanonical<T> => Canonical.TryDecode<T>(bytes, out _, out _);

    private static byte[] Damage(byte[] bytes, byte[] other, Random random)
    {
        var damaged = bytes.ToList();
        for (int n = random.Next(1, 4); n > 0 && damaged.Count > 0; n--)
        {
            int at = random.Next(damaged.Count);
            switch (random.Next(6))
            {
                case 0:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 2:
                    damaged.RemoveRange(at, random.Next(damaged.Count - at) + 1);
                    break;
                case 3:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
                case 4:
                    int from = random.Next(other.Length);
                    damaged.InsertRange(at, other.AsSpan(from, random.Next(other.Length - from)).ToArray());
                    break;
                default:
                    damaged.RemoveAt(at);
                    damaged.InsertRange(at, HugeHead(random));
                    break;
            }
        }

        return [.. damaged];
    }

    /// <summary>A head that declares far more than follows: byte string, text, array or integer (RFC 8949, section 3).</summary>
    private static byte[] HugeHead(Random random)
    {
        byte major = (byte)(new[] { 0, 2, 3, 4 }[random.Next(4)] << 5);
        if (random.Next(2) == 0)
        {
            byte[] head = [(byte)(major | 26), 0, 0, 0, 0];
            BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(1), (uint)random.NextInt64(1 << 16, uint.MaxValue));
            return head;
        }

        byte[] longHead = [(byte)(major | 27), 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt64BigEndian(longHead.AsSpan(1), (ulong)random.NextInt64(1L << 32, long.MaxValue));
        return longHead;
    }

    /// <summary>Canonical bytes of everything that hangs on the roots, by type.</summary>
    private static Dictionary<Type, IReadOnlyList<byte[]>> Collect()
    {
        var types = CanonicalTypes.ToHashSet();
        var found = types.ToDictionary(type => type, _ => new Dictionary<string, byte[]>());
        var encode = typeof(Canonical).GetMethods().Single(m => m.Name == nameof(Canonical.Encode) && m.IsGenericMethod);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>(Roots());
        while (open.TryPop(out object? value))
        {
            if (!seen.Add(value))
                continue;
            for (var type = value.GetType(); type is not null; type = type.BaseType)
            {
                if (!types.Contains(type))
                    continue;
                byte[] bytes = (byte[])encode.MakeGenericMethod(type).Invoke(null, [value])!;
                found[type].TryAdd(Convert.ToHexString(bytes), bytes);
            }

            foreach (object part in Parts(value))
                open.Push(part);
        }

        return found.Where(entry => entry.Value.Count > 0).ToDictionary(entry => entry.Key, entry => (IReadOnlyList<byte[]>)[.. entry.Value.Values]);
    }

    private static IEnumerable<object> Parts(object value)
    {
        if (value is IEnumerable items and not string)
            return value is byte[] or int[]? [] : items.Cast<object?>().OfType<object>();
        return value.GetType().Namespace?.StartsWith("Pipeline.", StringComparison.Ordinal) != true
            ? []
            : value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0 && !p.PropertyType.IsByRefLike)
                .Select(p => p.GetValue(value)).OfType<object>();
    }

    private static IEnumerable<object> Roots()
    {
        var chain = new TestChain();
        var update = chain.Update(1, chain.InitialModel.Digest, 7);
        var payload = Digest.Of(Canonical.Encode(update));
        yield return chain.Genesis;
        yield return chain.Learning with { TrustedChains = [chain.Trust()] };
        yield return update;
        yield return update with { Rotating = true, RiceParameter = 0, Gaps = [], Format = ValueFormat.Int8 };
        yield return BackbonePayload.FromModel(chain.InitialModel);
        yield return new Contribution(1, chain.InitialModel.Digest, payload, 77, chain.Acks(payload));
        yield return new Contribution(1, chain.InitialModel.Digest, payload, 77, chain.Acks(payload), 1_250_000);
        yield return new PrivacySpent("a", 1, 1_250_000);
        yield return TestChain.Policy with
        {
            Privacy = new PrivacyPolicy(PrivacyUnit.Patient, 4, RoundPolicy.One, 1_100_000, 10_000, 8_000_000),
            Aggregation = AggregationPolicy.Robust(1),
            Update = new UpdatePolicy(UpdateSelection.RandomThreshold, ValueFormat.Ternary, 1000, 5, 1_000_000, true, 900_000),
        };
        yield return TestChain.Policy with { Update = new UpdatePolicy(UpdateSelection.LargestOfTensor, ControlPpm: 20_000, PriorPpm: 1_000_000, TypicalImages: 300, ClassWeights: new ClassWeights([1, 1_000_000])) };
        yield return new Attestation(1, payload, chain.InitialModel.Digest);
        yield return new Metrics(3, 912_345, 7);
        yield return new GovernanceVote(1, new GovernanceAction.Pause());
        yield return new GovernanceVote(2, new GovernanceAction.Resume());
        yield return new GovernanceVote(3, new GovernanceAction.Stop());
        yield return new GovernanceVote(4, new GovernanceAction.Restart(2, payload, 5));
        yield return new OutboxPacket(Packet(chain, payload));
        yield return new OutboxAck(new PacketAck(chain.Id, 4, PacketError.Limit));
        var state = Snapshot(chain, payload);
        yield return state;
        yield return state with { Rounds = state.Rounds with { Trials = null } };
        yield return new GovernanceVote(5, new GovernanceAction.Upgrade(2, 100));
        yield return new GovernanceVote(6, new GovernanceAction.Join(KeyPossession.Create(chain.Id, "hospital-9", 16, payload, TestChain.Signer(9))));
        yield return new GovernanceVote(7, new GovernanceAction.ChangePolicy(new PolicyChange(3, 9, 5, EquivocationPolicy.Exclude)));
        yield return new GovernanceVote(8, new GovernanceAction.Leave("hospital-2"));
        yield return new GovernanceVote(9, new GovernanceAction.Trust(chain.Trust()));
        yield return new GovernanceVote(10, new GovernanceAction.Grant(new BridgeGrant("skull", 1, 1000)));
        yield return new GovernanceVote(11, new GovernanceAction.LimitBridge(new BridgeLimits(1000, 3, 1 << 20, 65536)));
        yield return new Withdrawal(3, true);
        yield return new TrialVote(3, 4);
        yield return TestChain.Policy with { Trial = new TrialPolicy(5, 250_000, 80_000) };
        foreach (object root in BridgeRoots(chain))
            yield return root;

        var committed = ConsensusSamples.Committed;
        yield return ConsensusSamples.Genesis;
        yield return committed;
        yield return new JournalEntry([.. ConsensusSamples.Records.Values], payload);
        yield return new ChainMessage.Propose(ConsensusSamples.Proposal);
        yield return new ChainMessage.Votes([ConsensusSamples.Vote]);
        yield return new ChainMessage.Polka(ConsensusSamples.Polka, ConsensusSamples.Block);
        yield return new ChainMessage.Decided(committed);
        yield return new ChainMessage.Status(6, 1, StatusKind.Answer, [ConsensusSamples.Vote], [ConsensusSamples.Proposal.Statement]);
        yield return new ChainMessage.GetBlocks(3, 64);
        yield return new ChainMessage.Blocks([committed]);
        yield return new ChainMessage.Transactions([ConsensusSamples.Transaction]);
        yield return new ChainMessage.Evidence([ConsensusSamples.Evidence]);
        yield return new ChainMessage.GetSnapshot(7);
        yield return new ChainMessage.SnapshotOffer(new CertifiedHeader(ConsensusSamples.Block.Header, committed.Certificate), payload, 1000);
        yield return new SnapshotEntry(new CertifiedHeader(ConsensusSamples.Block.Header, committed.Certificate), payload, 1000, 5, payload);
        yield return new ChainSnapshot([RecentBlock.Of(ConsensusSamples.Block), new RecentBlock(ConsensusSamples.Block.Header, [payload], [[1, 2]])], [1, 2, 3]);

        yield return new PayloadMessage.Announce(1, payload, 1000, payload);
        yield return new PayloadMessage.Want(payload);
        yield return new PayloadMessage.Have(payload, 1000, payload);
        yield return new PayloadMessage.NotHave(payload);
        yield return new PayloadMessage.GetChunk(payload, 3);
        yield return new PayloadMessage.Chunk(payload, 3, new byte[40], [payload, payload]);
        yield return new PayloadMessage.Ack(chain.Acks(payload)[0]);
    }

    private static AuxiliaryPacket Packet(TestChain chain, Digest any) => new(
        chain.Id, "chest", "skull", 1, any, "residual-cnn-small", any, any, any, 1000, 4, 2, 7, 700_000, AuxiliaryPacket.AuxiliaryTraining,
        TestChain.GenesisTime + 1000);

    private static LearningSnapshot Snapshot(TestChain chain, Digest any)
    {
        var contribution = new Contribution(1, any, any, 77, chain.Acks(any));
        var blend = new AuxiliaryBlend(any, 5);
        var rounds = new RoundSnapshot(
            RoundPhase.Closed, false, 2, 3, any, any, 9, [contribution, null], [new Attestation(2, any, any), null], [null, new Metrics(1, 5, 6)],
            [true, false], [blend], [new FinalRound(1, any)], [new RoundClosed(2, any, [new RoundContribution("hospital-0", any)], blend)],
            new GovernedRounds([false, true], [false, true], chain.Learning.Policy))
        {
            Trials = new TrialSnapshot(1, 2, new Trial(2, blend, any, any, [new FinalRound(2, any)], [new TrialGain("hospital-0", -2)])),
        };
        var bridge = new BridgeSnapshot(
            [new OutboxLeaf(4, [1, 2, 3])], [new BridgeSnapshot.Sequence("skull", 2)],
            [new BridgeSnapshot.Channel(any, 0, chain.Members, 3, any, 5, false, 2, new AuxiliaryOffer(Packet(chain, any), 4, 1, 2))],
            new GovernedBridge(
                [chain.Trust()], [new BridgeWindow(5, 1, 100)], [new BridgeSnapshot.Sequence("skull", 2)], [new BridgeGrant("skull", 1, 9)],
                new BridgeLimits(10, 2, 100, 7), true));
        return new LearningSnapshot(4, 5, any, rounds, bridge, new GovernanceSnapshot(2, [new GovernanceAction.Readmit("hospital-1"), null]),
            new UpgradeSnapshot(2, 50), new MembershipSnapshot(
                1, chain.Members, chain.Members, chain.Members, [chain.Members[0].Key], [new MembershipSnapshot.Checkpoint(16, any)]));
    }

    private static IEnumerable<object> BridgeRoots(TestChain chain)
    {
        var header = chain.NextBlock(chain.Start()).Header;
        var certified = chain.Certify(header);
        var packet = Packet(chain, header.Id);
        var proof = new PacketProof([new EpochChange(certified, chain.Members)], certified, 0, 1, [header.Id]);
        yield return new BridgeDelivery(packet, proof, chain.Acks(header.Id));
        yield return new BridgeDelivery(packet with { UpdateNorm = 655_360 }, proof, []);
        yield return new AckDelivery(new PacketAck(chain.Id, 4, PacketError.Architecture), proof);
        yield return new ClientUpdate(proof.Epochs, certified);
        yield return new GateVote(chain.Id, 9, true);
        yield return new ForkProof(certified, chain.Certify(header with { Time = header.Time + 1 }));
    }
}
