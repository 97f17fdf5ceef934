namespace DataIntensive.Testing;

internal sealed class StateTable<TState> : StateTable
    where TState : notnull
{
    private readonly SequentialModel<TState> _model;
    private readonly Dictionary<TState, int> _numbers;
    private readonly List<TState> _states = [];
    private readonly List<TState> _next = [];

    public StateTable(SequentialModel<TState> model)
    {
        _model = model;
        _numbers = new Dictionary<TState, int>(model.StateComparer);
        NumberOf(model.InitialState);
    }

    public override string Describe(int state) => _model.Describe(_states[state]);

    public override bool OnlyLooks(HistoryOperation operation) => _model.OnlyLooks(operation);

    public override bool IsDemanding(HistoryOperation operation) => _model.IsDemanding(operation);

    public override bool MayOverwriteFor(HistoryOperation writer, HistoryOperation demanding) => _model.MayOverwriteFor(writer, demanding);

    public override bool MayLeadTo(int state, HistoryOperation demanding) => _model.MayLeadTo(_states[state], demanding);

    private protected override int[] Next(int state, HistoryOperation operation)
    {
        _next.Clear();
        _model.Step(_states[state], operation, _next);
        return [.. _next.Select(NumberOf).Distinct()];
    }

    private int NumberOf(TState state)
    {
        if (!_numbers.TryGetValue(state, out int number))
        {
            number = _states.Count;
            _states.Add(state);
            _numbers.Add(state, number);
            Bytes += EntryBytes + _model.SizeOf(state);
        }

        return number;
    }
}
