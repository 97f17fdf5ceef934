namespace DataIntensive.Testing;

// The states and operations of one part, by number: each distinct state is kept once, and each distinct operation is tried once on
// each state. Operations that a model cannot tell apart have one class.
internal abstract class StateTable
{
    // What a dictionary takes for an entry, with room to grow.
    private protected const int EntryBytes = 64;

    private readonly Dictionary<ulong, int> _steps = [];
    private readonly List<int[]> _forks = [];
    private readonly Dictionary<OperationClass, int> _classes = [];
    private readonly List<HistoryOperation> _representatives = [];

    public const int Initial = 0;

    public long Bytes { get; private protected set; }

    public abstract string Describe(int state);

    public int ClassOf(HistoryOperation operation)
    {
        OperationClass key = new(operation.Function, operation.Key, operation.Argument, operation.Outcome, operation.Result);
        if (!_classes.TryGetValue(key, out int number))
        {
            number = _classes.Count;
            _classes.Add(key, number);
            _representatives.Add(operation);
        }

        return number;
    }

    // The n-th state that an operation may leave; -1 when there are no more.
    public int Step(int state, int operationClass, int nth)
    {
        ulong key = KeyOf(state, operationClass);
        if (!_steps.TryGetValue(key, out int found))
        {
            int[] next = Next(state, _representatives[operationClass]);
            found = next.Length switch { 0 => -1, 1 => next[0], _ => -2 - _forks.Count };
            if (next.Length > 1)
            {
                _forks.Add(next);
                Bytes += EntryBytes + (next.Length * sizeof(int));
            }

            _steps.Add(key, found);
            Bytes += EntryBytes;
        }

        if (found >= -1)
        {
            return nth == 0 ? found : -1;
        }

        int[] fork = _forks[-2 - found];
        return nth < fork.Length ? fork[nth] : -1;
    }

    public abstract bool OnlyLooks(HistoryOperation operation);

    public abstract bool IsDemanding(HistoryOperation operation);

    public abstract bool MayOverwriteFor(HistoryOperation writer, HistoryOperation demanding);

    public abstract bool MayLeadTo(int state, HistoryOperation demanding);

    private protected abstract int[] Next(int state, HistoryOperation operation);

    private static ulong KeyOf(int state, int operationClass) => ((ulong)(uint)state << 32) | (uint)operationClass;

    private readonly record struct OperationClass(string Function, HistoryValue Key, HistoryValue Argument, HistoryOutcome Outcome, HistoryValue Result)
    {
        public override int GetHashCode() => (((Function.GetHashCode(StringComparison.Ordinal) * 31) + Key.GetHashCode()) * 31 + Argument.GetHashCode()) * 31 + Result.GetHashCode();
    }
}
