using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>Sets and streams of events, as sorted lists and lists.</summary>
internal sealed class PlainCollections : IPlainThing
{
    private readonly Dictionary<string, List<HistoryValue>> _lists = [];

    public HistoryValue? Run(string function, HistoryValue key, HistoryValue argument)
    {
        if (!_lists.TryGetValue(key.ToString(), out List<HistoryValue>? list))
        {
            _lists[key.ToString()] = list = [];
        }

        switch (function)
        {
            case "add":
                bool isNew = !list.Contains(argument);
                if (isNew)
                {
                    list.Add(argument);
                    list.Sort((left, right) => string.CompareOrdinal(left.ToString(), right.ToString()));
                }

                return isNew;
            case "remove":
                return list.Remove(argument);
            case "contains":
                return list.Contains(argument);
            case "read":
                return HistoryValue.List(list.ToArray());
            case "version":
                return list.Count;
            case "append":
                return Append(list, argument.Items[0].ToString(), argument.Items[1..].ToArray());
            default:
                throw new ArgumentOutOfRangeException(nameof(function), function, null);
        }
    }

    private static HistoryValue Append(List<HistoryValue> list, string expected, HistoryValue[] events)
    {
        if (expected != "\"any\"" && expected != $"{list.Count}" && !(expected == "\"exists\"" && list.Count > 0) && !(expected == "\"none\"" && list.Count == 0))
        {
            return HistoryValue.List(false, list.Count);
        }

        list.AddRange(events);
        return list.Count;
    }
}
