using System.Collections.Immutable;

namespace DataIntensive.Testing;

/// <summary>
/// A set: <c>add</c>, <c>remove</c>, <c>contains</c> and <c>read</c>. With keys in the history, each key is a set of its own.
/// </summary>
public sealed class SetModel : SequentialModel
{
    /// <summary>Adds: the element as argument; true as result when it was new, false when not, or nothing when that is not told.</summary>
    public const string Add = "add";

    /// <summary>Removes: the element as argument; true as result when it was there, false when not, or nothing when that is not told.</summary>
    public const string Remove = "remove";

    /// <summary>Looks for an element: it as argument, true or false as result.</summary>
    public const string Contains = "contains";

    /// <summary>Reads all: no argument, the list of the elements as result, each once, in any order.</summary>
    public const string Read = "read";

    internal override StateTable NewTable() => new StateTable<ImmutableHashSet<HistoryValue>>(new Sets());

    private sealed class Sets : SequentialModel<ImmutableHashSet<HistoryValue>>
    {
        protected internal override ImmutableHashSet<HistoryValue> InitialState => [];

        protected internal override IEqualityComparer<ImmutableHashSet<HistoryValue>> StateComparer { get; } = new ByContents();

        protected internal override string Describe(ImmutableHashSet<HistoryValue> state) => $"{{{string.Join(' ', state.Select(element => element.ToString()).Order(StringComparer.Ordinal))}}}";

        protected internal override int SizeOf(ImmutableHashSet<HistoryValue> state) => 64 + (56 * Math.Min(state.Count, 100));

        protected internal override void Step(ImmutableHashSet<HistoryValue> state, HistoryOperation operation, ICollection<ImmutableHashSet<HistoryValue>> next)
        {
            ImmutableHashSet<HistoryValue> after = operation.Function switch
            {
                Add => state.Add(operation.Argument),
                Remove => state.Remove(operation.Argument),
                Contains or Read => state,
                _ => throw UnknownFunction.In(operation, "a set", Add, Remove, Contains, Read),
            };
            if (operation.Outcome == HistoryOutcome.Unknown || IsResult(state, after, operation))
            {
                next.Add(after);
            }
        }

        protected internal override bool OnlyLooks(HistoryOperation operation) =>
            operation.Function is Contains or Read || operation.Result == false;

        private static bool IsResult(ImmutableHashSet<HistoryValue> state, ImmutableHashSet<HistoryValue> after, HistoryOperation operation) => operation.Function switch
        {
            Contains => operation.Result == state.Contains(operation.Argument),
            Read => IsAll(state, operation.Result),
            _ => operation.Result.IsNil || operation.Result == (after.Count != state.Count),
        };

        private static bool IsAll(ImmutableHashSet<HistoryValue> state, HistoryValue listed)
        {
            if (listed.Kind != HistoryValueKind.List || listed.Items.Length != state.Count)
            {
                return false;
            }

            HashSet<HistoryValue> seen = [];
            foreach (HistoryValue element in listed.Items)
            {
                if (!state.Contains(element) || !seen.Add(element))
                {
                    return false;
                }
            }

            return true;
        }
    }

    private sealed class ByContents : IEqualityComparer<ImmutableHashSet<HistoryValue>>
    {
        public bool Equals(ImmutableHashSet<HistoryValue>? x, ImmutableHashSet<HistoryValue>? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.Count == y.Count && x.SetEquals(y));

        // In any order, because a set gives its elements in none.
        public int GetHashCode(ImmutableHashSet<HistoryValue> obj)
        {
            int hash = obj.Count;
            foreach (HistoryValue element in obj)
            {
                hash += element.GetHashCode() * 31;
            }

            return hash;
        }
    }
}
