using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Reads committed blocks back from a replica's journal, through the plug-in that wrote them. A height is found by halving the range of entries,
/// since heights only grow along a journal; where a read ended is remembered, so that reading on is one query. One question at a time.
/// </summary>
internal sealed class BlockArchive : ReceiveActor
{
    /// <summary>Questions that may wait; more are dropped, and whoever needs the answer asks again.</summary>
    private const int MaxWaiting = 128;

    /// <summary>Entries read by one query.</summary>
    private const int Batch = 128;

    private const int MaxMarks = 1024;

    private readonly string _persistenceId;
    private readonly IActorRef _journal;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Queue<(Read Question, IActorRef Asker)> _waiting = [];
    private readonly SortedList<long, long> _marks = new() { [1] = 1 };
    private Search? _search;

    public BlockArchive(string persistenceId, string journalPluginId)
    {
        _persistenceId = persistenceId;
        _journal = Persistence.Instance.Apply(Context.System).JournalFor(journalPluginId);
        Receive<Read>(OnRead);
        Receive<ReplayedMessage>(m => OnEntry(m.Persistent.SequenceNr, (JournalEntry)m.Persistent.Payload));
        Receive<RecoverySuccess>(_ => OnBatchEnd());
        Receive<ReplayMessagesFailure>(m => OnFailure(m.Cause));
    }

    /// <summary>Answered by <see cref="Found"/>.</summary>
    /// <param name="From">The first height.</param>
    /// <param name="LastEntry">Sequence number of the journal's last entry.</param>
    /// <param name="Context">Comes back with the answer.</param>
    public sealed record Read(long From, int Count, long MaxBytes, long LastEntry, object Context);

    /// <param name="Blocks">Consecutive from the height asked for; fewer than asked where a bound or the journal's end cuts.</param>
    /// <param name="Adopted">
    /// The journal lacks the height asked for, because its replica went on from this state of others; <paramref name="Blocks"/> follow on it.
    /// </param>
    public sealed record Found(Read Question, IReadOnlyList<CommittedBlock> Blocks, Adoption? Adopted);

    /// <param name="Content">The canonical snapshot.</param>
    public sealed record Adoption(CertifiedHeader Next, byte[] Content);

    private void OnRead(Read question)
    {
        if (_waiting.Count >= MaxWaiting)
            return;
        _waiting.Enqueue((question, Sender));
        if (_search is null)
            Begin();
    }

    private void Begin()
    {
        _search = null;
        if (!_waiting.TryDequeue(out var next))
            return;
        var (question, asker) = next;
        int below = 0;
        while (below + 1 < _marks.Count && _marks.GetKeyAtIndex(below + 1) <= question.From)
            below++;
        long low = _marks.GetValueAtIndex(below);
        long high = below + 1 < _marks.Count ? _marks.GetValueAtIndex(below + 1) : question.LastEntry;
        _search = new Search(question, asker, low, Math.Max(low, high));
        Step();
    }

    /// <summary>Halves the range until one batch covers it, then reads on from its lower end.</summary>
    private void Step()
    {
        var search = _search!;
        search.Probing = search.High - search.Low >= Batch;
        long from = search.Probing ? search.Low + (search.High - search.Low) / 2 : search.Low;
        long to = search.Probing ? from : Math.Min(from + Batch - 1, search.Question.LastEntry);
        search.Reading = from;
        _journal.Tell(new ReplayMessages(from, to, to - from + 1, _persistenceId, Self));
    }

    private void OnEntry(long sequenceNumber, JournalEntry entry)
    {
        if (_search is not { } search)
            return;
        if (search.Probing)
        {
            if (HeightAfter(entry) >= search.Question.From)
                search.High = sequenceNumber;
            else
                search.Low = sequenceNumber;
            search.Moved = true;
            return;
        }

        search.Low = sequenceNumber + 1;
        foreach (var record in entry.Records)
            search.Take(record, sequenceNumber);
    }

    private void OnBatchEnd()
    {
        if (_search is not { } search)
            return;
        if (search.Probing && !search.Moved)
            search.High = search.Reading;
        search.Moved = false;
        if (search.Probing || (!search.IsComplete && search.Low <= search.Question.LastEntry && search.Low > search.Reading))
        {
            Step();
            return;
        }

        Mark(search);
        search.Asker.Tell(new Found(search.Question, search.Blocks, search.Adopted));
        Begin();
    }

    private void OnFailure(Exception cause)
    {
        _log.Warning("Blocks from height {0} on cannot be read back from the journal: {1}", _search?.Question.From, JournalFault.Describe(cause));
        if (_search is { } search)
            search.Asker.Tell(new Found(search.Question, [], null));
        Begin();
    }

    /// <summary>Whatever the journal holds of the height stands at that entry or after it.</summary>
    private void Mark(Search search)
    {
        if (search.NextHeight == 0)
            return;
        if (_marks.Count >= MaxMarks)
            _marks.RemoveAt(1 + (int)(search.NextEntry % (_marks.Count - 1)));
        _marks[search.NextHeight] = search.NextEntry;
    }

    /// <summary>The height that the chain stood at after an entry, at least; it never falls along a journal.</summary>
    private static long HeightAfter(JournalEntry entry) => entry.Records.Select(HeightAfter).DefaultIfEmpty(0).Max();

    private static long HeightAfter(JournalRecord record) => record switch
    {
        JournalRecord.Committed committed => committed.Certificate.Height + 1,
        JournalRecord.Stored stored => stored.Block.Header.Height,
        JournalRecord.Proposed proposed => proposed.Height,
        JournalRecord.Voted voted => voted.Vote.Height,
        JournalRecord.Locked locked => locked.Polka.Height,
        JournalRecord.Entered entered => entered.Height,
        JournalRecord.Restored restored => restored.Height + 1,
        JournalRecord.Piece piece => piece.Height,
        JournalRecord.Adopted adopted => adopted.Next.Header.Height,
        _ => 0,
    };
    private sealed class Search(Read question, IActorRef asker, long low, long high)
    {
        private readonly Dictionary<Digest, Block> _stored = [];
        private readonly List<CommittedBlock> _blocks = [];
        private readonly StatePieces _pieces = new();
        private long _bytes;
        private bool _full;

        public Read Question => question;

        public IActorRef Asker => asker;

        public long Low { get; set; } = low;

        public long High { get; set; } = high;

        /// <summary>One entry is read to halve the range; otherwise a batch is read for its blocks.</summary>
        public bool Probing { get; set; }

        public long Reading { get; set; }

        public bool Moved { get; set; }

        public IReadOnlyList<CommittedBlock> Blocks => _blocks;

        public Adoption? Adopted { get; private set; }

        public bool IsComplete => _full || _blocks.Count >= question.Count;

        /// <summary>The height after the last block that was met, and the entry that ends it; 0 for none.</summary>
        public long NextHeight { get; private set; }

        public long NextEntry { get; private set; }

        public void Take(JournalRecord record, long entry)
        {
            switch (record)
            {
                case JournalRecord.Stored { Block: var block }:
                    _stored[block.Id] = block;
                    break;
                case JournalRecord.Committed { Certificate: var certificate } when !IsComplete:
                    if (certificate.Height >= question.From && _stored.TryGetValue(certificate.BlockId, out var committed))
                        Add(new CommittedBlock(committed, certificate));
                    _stored.Clear();
                    (NextHeight, NextEntry) = (certificate.Height + 1, entry);
                    break;
                case JournalRecord.Piece piece:
                    _pieces.Add(piece, entry);
                    break;
                case JournalRecord.Adopted adopted when !IsComplete:
                    if (adopted.Next.Header.Height > question.From && _blocks.Count == 0)
                        Adopted = new Adoption(adopted.Next, _pieces.Take(adopted) ?? []);
                    _full |= _blocks.Count > 0;
                    break;
            }
        }

        private void Add(CommittedBlock block)
        {
            _bytes += RecentBlocks.SizeOf(block);
            _full = _blocks.Count > 0 && _bytes > question.MaxBytes;
            if (!_full)
                _blocks.Add(block);
        }
    }
}
