using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Updates;

/// <summary>
/// What a site remembers of each branch of a chain's training. The chain's slot is the state file; the slot of a branch that a trial began is a second file beside
/// it. When the chain goes on with that branch the second file takes the first one's place in one rename, else it is deleted; each state says which branch it is
/// of, so that both may be done again after a crash at any point, and on a node to which older copies of the files were brought.
/// </summary>
public sealed class BranchStates
{
    /// <summary>Of the trial slot's file, behind the name of the state file.</summary>
    public const string TrialExtension = ".trial";

    private readonly SiteStateFile _chainFile, _trialFile;
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private SiteState _chain;
    private SiteState? _trial;

    /// <param name="path">The state file.</param>
    /// <exception cref="InvalidDataException">A file is damaged or of another model.</exception>
    public BranchStates(string path, ModelLayout layout)
    {
        (_chainFile, _trialFile) = (new SiteStateFile(path, layout), new SiteStateFile(path + TrialExtension, layout));
        _chain = _chainFile.Load();
        _trial = File.Exists(_trialFile.Path) ? _trialFile.Load() : null;
    }

    /// <summary>The last round that this site answered in any branch; 0 before the first.</summary>
    public long Answered => Math.Max(_chain.Round, _trial?.Round ?? 0);

    /// <summary>Files that are not what they were when <see cref="Kept"/> was last said.</summary>
    public IReadOnlyCollection<string> Changed => _changed;

    public void Kept(string file) => _changed.Remove(file);

    /// <summary>
    /// What a round goes on with. A trial's branch begins as a copy of the chain's slot, also where this site was away when the trial began. Whoever did not hear
    /// how a trial ended (<see cref="End"/>) learns it from the branch of the next round, unless that is another trial's first: then what the chain's slot holds is taken.
    /// A site that never saw the branch that goes on goes on with what it has.
    /// </summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public SiteState Of(RoundBranch branch)
    {
        if (branch.Side == TrialSide.Offered)
            return _trial is { } trial && trial.Branch == branch.Id ? trial : _chain;
        if (_trial is not null && (branch.Side == TrialSide.None || _trial.Branch == branch.Id))
            End(_trial.Branch, _trial.Branch == branch.Id);
        return _chain;
    }

    /// <summary>A trial is over: the slot of its branch takes the chain's place, or is no more. Nothing where it is of another trial, or was done before.</summary>
    /// <param name="began">The trial's first round.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public void End(long began, bool accepted)
    {
        if (_trial is not { } trial || trial.Branch != began)
            return;
        // Where the chain's slot is of that branch already, or of a later one, this is an older copy, which a database may bring back.
        if (accepted && _chain.Branch < began)
        {
            File.Move(_trialFile.Path, _chainFile.Path, overwrite: true);
            _chain = trial;
            _changed.Add(_chainFile.Path);
        }
        else
        {
            File.Delete(_trialFile.Path);
        }

        _trial = null;
        _changed.Remove(_trialFile.Path);
    }

    /// <summary>Durable when it returns.</summary>
    /// <param name="branch">That of the round that the state answers.</param>
    /// <exception cref="IOException">The disk is full or refused; the old state stands.</exception>
    public void Save(RoundBranch branch, SiteState state) => Save(branch.Side == TrialSide.Offered ? _trialFile : _chainFile, state with { Branch = branch.Id });

    /// <summary>Replaces the state of the branch that answered a round and still has the answer.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="IOException">The disk is full or refused; the old state stands.</exception>
    public bool Change(long round, Func<SiteState, SiteState> change)
    {
        if (Answers(_chain, round))
            Save(_chainFile, change(_chain));
        else if (_trial is not null && Answers(_trial, round))
            Save(_trialFile, change(_trial));
        else
            return false;
        return true;
    }

    private static bool Answers(SiteState state, long round) => state.Round == round && state.Payload.Length > 0;

    private void Save(SiteStateFile file, SiteState state)
    {
        file.Save(state);
        _changed.Add(file.Path);
        if (file == _trialFile)
            _trial = state;
        else
            _chain = state;
    }
}
