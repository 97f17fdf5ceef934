using DataIntensive.Internal;
using DataIntensive.Logs;

namespace DataIntensive.Transactions;

// One commit on its way: the log tells it that it is durable, it makes the commit visible, then wakes its caller.
internal sealed class CommitCompletion : PooledCompletion<CommitCompletion, LogPosition>, ILogCompletion
{
    private readonly List<StateChanges> _changes = [];
    private Database? _database;

    private int _bytes;
    private bool _staged;

    public void Start(Database database, int bytes)
    {
        _database = database;
        _bytes = bytes;
    }

    public void Staged() => Volatile.Write(ref _staged, true);

    public void Add(StateChanges changes) => _changes.Add(changes);

    public void Complete(LogPosition position, Exception? failure)
    {
        if (!Volatile.Read(ref _staged))
        {
            // Another thread's write took the commit along before its own thread had staged it; that one holds the sequencer.
            lock (_database!.Sequencer)
            {
            }
        }

        failure ??= TryPublish(position);
        _database!.EndPending(_bytes);
        if (failure is null)
        {
            Succeed(position);
        }
        else
        {
            _database!.OnFailed(failure);
            Fail(failure);
        }
    }

    // A state that fails here no longer agrees with the log: that must stop the database, not the thread that writes for everybody.
    private Exception? TryPublish(LogPosition position)
    {
        try
        {
            _database!.OnDurable(position, _changes);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    protected override void OnResultTaken() => _database?.ResultTaken();

    protected override void Reset()
    {
        _database = null;
        _staged = false;
        _changes.Clear();
    }
}
