namespace DataIntensive.Causal;

// The values of one key that no write has replaced, ordered by dot. Immutable: readers share it.
internal sealed class CausalSiblings<TValue>
{
    public static readonly CausalSiblings<TValue> None = new([], []);

    private readonly TValue[] _values;
    private readonly Dot[] _dots;

    private CausalSiblings(TValue[] values, Dot[] dots)
    {
        _values = values;
        _dots = dots;
        Values = Array.AsReadOnly(values);
        Dots = Array.AsReadOnly(dots);
    }

    public IReadOnlyList<TValue> Values { get; }

    public IReadOnlyList<Dot> Dots { get; }

    // What is left when an update is applied. It comes after all that it replaces and before all that replaces it, so what is left
    // depends on which updates were applied, not on their order. A delete need not be remembered: an update that it replaces was
    // applied before it and comes once, and one that it does not replace stays beside it anyway.
    public CausalSiblings<TValue> With<TKey>(CausalUpdate<TKey, TValue> update)
        where TKey : notnull
    {
        List<TValue> values = new(_values.Length + 1);
        List<Dot> dots = new(_dots.Length + 1);
        bool placed = update.IsDelete;
        for (int i = 0; i < _dots.Length; i++)
        {
            if (update.Dependencies.Contains(_dots[i]))
            {
                continue;
            }

            if (!placed && update.Dot < _dots[i])
            {
                Add(update.Value!, update.Dot);
                placed = true;
            }

            Add(_values[i], _dots[i]);
        }

        if (!placed)
        {
            Add(update.Value!, update.Dot);
        }

        return dots.Count == 0 ? None : new CausalSiblings<TValue>([.. values], [.. dots]);

        void Add(TValue value, Dot dot)
        {
            values.Add(value);
            dots.Add(dot);
        }
    }
}
