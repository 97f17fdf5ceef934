using DataIntensive.Logs;

namespace DataIntensive.Changes;

// Gathers records into the changes of one commit. What it keeps is copied out of the records at once.
internal sealed class TransactionAssembler(IReadOnlyDictionary<uint, ChangeDecoder> decoders, uint checkpointsTag, LogPosition after)
{
    private List<ChangeEvent>? _changes;
    private long _first = after.Value + 1;
    private bool _onlyCheckpoints = true;

    // True when the record ends a commit that the reader is to hear of.
    public bool Add(in LogRecord record, out ChangeTransaction transaction)
    {
        _onlyCheckpoints &= record.Tag == checkpointsTag;
        if (decoders.TryGetValue(record.Tag, out ChangeDecoder? decoder))
        {
            (_changes ??= []).Add(decoder.Decode(record, checked((int)(record.Position.Value - _first))));
        }

        if (!record.EndsCommit)
        {
            transaction = default;
            return false;
        }

        bool wanted = !_onlyCheckpoints;
        transaction = new ChangeTransaction(record.Position, record.Timestamp, Finish(record.Position));
        _changes = null;
        _first = record.Position.Value + 1;
        _onlyCheckpoints = true;
        return wanted;
    }

    private IReadOnlyList<ChangeEvent> Finish(LogPosition commit)
    {
        if (_changes is null)
        {
            return [];
        }

        for (int i = 0; i < _changes.Count; i++)
        {
            _changes[i].CommittedAt(commit, isLast: i == _changes.Count - 1);
        }

        return _changes;
    }
}
