namespace DataIntensive.Specs.Transactions;

/// <summary>Multi-version transactions in the plainest form: a copy of everything per transaction, and a number of the last change per key.</summary>
internal sealed class TransactionModel
{
    private readonly Dictionary<(int Store, int Key), int> _changedAt = [];
    private readonly int[] _storeChangedAt = new int[2];
    private Dictionary<(int Store, int Key), int> _values = [];
    private int _now;

    public IReadOnlyDictionary<(int Store, int Key), int> Values => _values;

    public Open Begin() => new(this);

    public void Update((int Store, int Key) key, Func<int, int> update) =>
        Apply(new Dictionary<(int Store, int Key), int?> { [key] = update(_values.GetValueOrDefault(key)) });

    private void Apply(Dictionary<(int Store, int Key), int?> writes)
    {
        _now++;
        _values = new Dictionary<(int Store, int Key), int>(_values);
        foreach (((int Store, int Key) key, int? value) in writes)
        {
            _changedAt[key] = _storeChangedAt[key.Store] = _now;
            if (value is { } set)
            {
                _values[key] = set;
            }
            else
            {
                _values.Remove(key);
            }
        }
    }

    /// <summary>One transaction.</summary>
    internal sealed class Open(TransactionModel model)
    {
        private readonly Dictionary<(int Store, int Key), int> _snapshot = model._values;
        private readonly int _began = model._now;
        private readonly HashSet<(int Store, int Key)> _reads = [];
        private readonly HashSet<int> _readAll = [];
        private readonly Dictionary<(int Store, int Key), int?> _writes = [];

        public int? Read((int Store, int Key) key)
        {
            if (_writes.TryGetValue(key, out int? own))
            {
                return own;
            }

            _reads.Add(key);
            return _snapshot.TryGetValue(key, out int value) ? value : null;
        }

        public List<(int Key, int Value)> ReadAll(int store)
        {
            _readAll.Add(store);
            return [.. _snapshot.Keys.Union(_writes.Keys).Where(key => key.Store == store)
                .Select(key => (key.Key, Value: _writes.TryGetValue(key, out int? own) ? own : _snapshot[key]))
                .Where(entry => entry.Value is not null).Select(entry => (entry.Key, entry.Value!.Value))];
        }

        public void Write((int Store, int Key) key, int value) => _writes[key] = value;

        public bool Delete((int Store, int Key) key)
        {
            if (Read(key) is null)
            {
                return false;
            }

            _writes[key] = null;
            return true;
        }

        public bool TryCommit(bool serializable)
        {
            if (_writes.Count == 0)
            {
                return true;
            }

            bool conflicts = _writes.Keys.Any(IsChanged)
                || (serializable && (_reads.Any(IsChanged) || _readAll.Any(store => model._storeChangedAt[store] > _began)));
            if (!conflicts)
            {
                model.Apply(_writes);
            }

            return !conflicts;
        }

        private bool IsChanged((int Store, int Key) key) => model._changedAt.GetValueOrDefault(key) > _began;
    }
}
