namespace DataIntensive.Causal;

// A queue whose items keep their number, counted from 0 for the first that ever came.
internal sealed class CausalRing<T>
{
    private T[] _items = new T[4];

    // The number of the oldest item that is kept.
    public long First { get; private set; }

    // One past the number of the newest.
    public long End { get; private set; }

    public T this[long number] => _items[number & (_items.Length - 1)];

    public void Add(T item)
    {
        if (End - First == _items.Length)
        {
            T[] larger = new T[_items.Length * 2];
            for (long number = First; number < End; number++)
            {
                larger[number & (larger.Length - 1)] = this[number];
            }

            _items = larger;
        }

        _items[End++ & (_items.Length - 1)] = item;
    }

    public T RemoveFirst()
    {
        T item = this[First];
        _items[First++ & (_items.Length - 1)] = default!;
        return item;
    }
}
