namespace DataIntensive.Testing;

/// <summary>
/// Streams of events with expected versions: <c>append</c>, <c>read</c> and <c>version</c>. The key is the stream; each is checked by
/// itself. A stream without events has version 0; each event adds 1.
/// </summary>
public sealed class EventStreamModel : SequentialModel
{
    /// <summary>
    /// Appends if the stream is as expected: a list as argument, first the expected version (a number, or <see cref="AnyVersion"/>,
    /// <see cref="NoStream"/>, <see cref="StreamExists"/>), then the events. The result is the version afterwards; false for a
    /// conflict, or a list of false and the version that was found.
    /// </summary>
    public const string Append = "append";

    /// <summary>Reads: the first version as argument, or nothing for 1; the list of the events as result.</summary>
    public const string Read = "read";

    /// <summary>Asks for the version: no argument, the version as result.</summary>
    public const string Version = "version";

    /// <summary>An expected version that every stream has.</summary>
    public const string AnyVersion = "any";

    /// <summary>An expected version that a stream without events has.</summary>
    public const string NoStream = "none";

    /// <summary>An expected version that a stream with events has.</summary>
    public const string StreamExists = "exists";

    internal override StateTable NewTable() => new StateTable<EventChain>(new Streams());

    private sealed class Streams : SequentialModel<EventChain>
    {
        protected internal override EventChain InitialState => EventChain.Empty;

        protected internal override void Step(EventChain state, HistoryOperation operation, ICollection<EventChain> next)
        {
            bool isUnknown = operation.Outcome == HistoryOutcome.Unknown;
            switch (operation.Function)
            {
                case Append:
                    StepAppend(state, operation, next);
                    break;
                case Read:
                    if (isUnknown || state.IsFrom(FirstVersion(operation), operation.Result))
                    {
                        next.Add(state);
                    }

                    break;
                case Version:
                    if (isUnknown || operation.Result == state.Version)
                    {
                        next.Add(state);
                    }

                    break;
                default:
                    throw UnknownFunction.In(operation, "an event stream", Append, Read, Version);
            }
        }

        protected internal override bool OnlyLooks(HistoryOperation operation) =>
            operation.Function is Read or Version || IsConflict(operation);

        internal override bool IsDemanding(HistoryOperation operation) =>
            operation.Function is Read or Version || operation.Result.Kind == HistoryValueKind.Number;

        // Streams only grow.
        internal override bool MayLeadTo(EventChain state, HistoryOperation demanding) => demanding.Function switch
        {
            Read => state.IsBeginningOf(FirstVersion(demanding), demanding.Result),
            _ => !demanding.Result.TryGetNumber(out long version) || state.Version <= version - (demanding.Function == Append ? demanding.Argument.Items.Length - 1 : 0),
        };

        internal override bool MayOverwriteFor(HistoryOperation writer, HistoryOperation demanding) => false;

        private static bool IsConflict(HistoryOperation operation) =>
            operation.Function == Append && (operation.Result == false || (operation.Result.Items.Length > 0 && operation.Result.Items[0] == false));

        private static void StepAppend(EventChain state, HistoryOperation operation, ICollection<EventChain> next)
        {
            ReadOnlySpan<HistoryValue> argument = operation.Argument.Items;
            if (argument.IsEmpty)
            {
                throw UnknownFunction.Argument(operation, "a list of the expected version and the events");
            }

            bool appends = IsExpected(argument[0], state.Version, operation);
            EventChain after = appends ? state.Append(argument[1..]) : state;
            HistoryValue result = operation.Result;
            if (operation.Outcome == HistoryOutcome.Unknown
                || (appends ? result.IsNil || result == after.Version : result == false || result == HistoryValue.List(false, state.Version)))
            {
                next.Add(after);
            }
        }

        private static bool IsExpected(HistoryValue expected, long version, HistoryOperation operation) => expected.ToString() switch
        {
            "\"" + AnyVersion + "\"" => true,
            "\"" + NoStream + "\"" => version == 0,
            "\"" + StreamExists + "\"" => version > 0,
            _ => expected.TryGetNumber(out long exactly) ? exactly == version : throw UnknownFunction.Argument(operation, $"a version, '{AnyVersion}', '{NoStream}' or '{StreamExists}' first"),
        };

        private static long FirstVersion(HistoryOperation operation) =>
            operation.Argument.IsNil ? 1
            : operation.Argument.TryGetNumber(out long from) && from >= 1 ? from
            : throw UnknownFunction.Argument(operation, "a version from 1, or nothing,");
    }
}
