namespace DataIntensive.Streams;

// Where an operator's results and late events go, in the order in which they come about.
internal interface IWindowOutput<TKey, T, TValue>
{
    void Emit(in WindowResult<TKey, TValue> result);

    void Late(in LateEvent<T> late);
}

internal sealed class MemoryWindowOutput<TKey, T, TValue>(Action<LateEvent<T>>? late) : IWindowOutput<TKey, T, TValue>
{
    public List<WindowResult<TKey, TValue>> Results { get; } = [];

    public void Emit(in WindowResult<TKey, TValue> result) => Results.Add(result);

    public void Late(in LateEvent<T> lateEvent) => late?.Invoke(lateEvent);
}

// Keeps what one commit will hold: the transaction's function may run more than once.
internal sealed class BatchWindowOutput<TKey, T, TValue> : IWindowOutput<TKey, T, TValue>
{
    private readonly List<WindowResult<TKey, TValue>> _results = [];
    private readonly List<(int ResultsBefore, LateEvent<T> Event)> _late = [];

    public void Emit(in WindowResult<TKey, TValue> result) => _results.Add(result);

    public void Late(in LateEvent<T> late) => _late.Add((_results.Count, late));

    public void WriteTo(
        DatabaseTransaction transaction,
        Action<DatabaseTransaction, WindowResult<TKey, TValue>> sink,
        Action<DatabaseTransaction, LateEvent<T>>? lateSink)
    {
        int written = 0;
        foreach ((int resultsBefore, LateEvent<T> late) in _late)
        {
            for (; written < resultsBefore; written++)
            {
                sink(transaction, _results[written]);
            }

            lateSink?.Invoke(transaction, late);
        }

        for (; written < _results.Count; written++)
        {
            sink(transaction, _results[written]);
        }
    }

    public void Clear()
    {
        _results.Clear();
        _late.Clear();
    }
}
