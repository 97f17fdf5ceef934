namespace DataIntensive.Testing;

/// <summary>
/// Keys with values: <c>get</c>, <c>put</c>, <c>append</c> to a text, <c>delete</c> and <c>cas</c>. Each key is checked by itself.
/// </summary>
/// <param name="absent">
/// What <c>get</c> returns for a key that was never put, or was deleted. Default <see cref="HistoryValue.Nil"/>; an empty text for
/// histories of <see cref="KeyValueLog"/>.
/// </param>
public sealed class KeyValueModel(HistoryValue absent = default) : SequentialModel
{
    /// <summary>Reads: no argument, the value as result.</summary>
    public const string Get = "get";

    /// <summary>Sets: the value as argument, a result of no matter.</summary>
    public const string Put = "put";

    /// <summary>Appends: a text as argument, a result of no matter. What is absent counts as empty.</summary>
    public const string Append = "append";

    /// <summary>Removes: no argument; true as result when there was a value, false when not, or nothing when that is not told.</summary>
    public const string Delete = "delete";

    /// <summary>
    /// Compares and sets: a list of the expected and the new value as argument, true as result when it was set, false when not. What
    /// is absent has the value that a read returns for it.
    /// </summary>
    public const string CompareAndSet = "cas";

    internal override StateTable NewTable() => new StateTable<AppendedText>(new Keys(absent));

    private sealed class Keys(HistoryValue absent) : SequentialModel<AppendedText>
    {
        private readonly AppendedText _absent = new(absent);

        protected internal override AppendedText InitialState => _absent;

        protected internal override void Step(AppendedText state, HistoryOperation operation, ICollection<AppendedText> next)
        {
            bool isUnknown = operation.Outcome == HistoryOutcome.Unknown;
            switch (operation.Function)
            {
                case Get:
                    if (isUnknown || state.IsValue(operation.Result))
                    {
                        next.Add(state);
                    }

                    break;
                case Put:
                    next.Add(new AppendedText(operation.Argument));
                    break;
                case Append:
                    next.Add(operation.Argument.TryGetText(out string piece) ? state.Append(piece) : throw UnknownFunction.Argument(operation, "a text"));
                    break;
                case Delete:
                    if (isUnknown || operation.Result.IsNil || operation.Result == !state.Equals(_absent))
                    {
                        next.Add(_absent);
                    }

                    break;
                case CompareAndSet:
                    StepCompareAndSet(state, operation, next);
                    break;
                default:
                    throw UnknownFunction.In(operation, "a key-value store", Get, Put, Append, Delete, CompareAndSet);
            }
        }

        protected internal override bool OnlyLooks(HistoryOperation operation) =>
            operation.Function == Get || (operation.Function is CompareAndSet or Delete && operation.Result == false);

        internal override bool IsDemanding(HistoryOperation operation) =>
            operation.Function == Get || (operation.Function == CompareAndSet && operation.Result == true);

        // Appends only ever go on from what is there.
        internal override bool MayLeadTo(AppendedText state, HistoryOperation demanding) => state.IsBeginningOf(Demanded(demanding));

        internal override bool MayOverwriteFor(HistoryOperation writer, HistoryOperation demanding) => writer.Function switch
        {
            Put => new AppendedText(writer.Argument).IsBeginningOf(Demanded(demanding)),
            Delete => writer.Result != false && _absent.IsBeginningOf(Demanded(demanding)),
            CompareAndSet => writer.Result != false && writer.Argument.Items is [_, HistoryValue set] && new AppendedText(set).IsBeginningOf(Demanded(demanding)),
            _ => false,
        };

        private static HistoryValue Demanded(HistoryOperation demanding) => demanding.Function == CompareAndSet && demanding.Argument.Items is [HistoryValue expected, _] ? expected : demanding.Result;

        private static void StepCompareAndSet(AppendedText state, HistoryOperation operation, ICollection<AppendedText> next)
        {
            if (operation.Argument.Items.Length != 2)
            {
                throw UnknownFunction.Argument(operation, "a list of the expected and the new value");
            }

            bool sets = state.IsValue(operation.Argument.Items[0]);
            if (operation.Outcome == HistoryOutcome.Unknown || operation.Result == sets)
            {
                next.Add(sets ? new AppendedText(operation.Argument.Items[1]) : state);
            }
        }
    }
}
