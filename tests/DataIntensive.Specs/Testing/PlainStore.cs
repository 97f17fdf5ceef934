using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>Registers and keys, all in one dictionary.</summary>
internal sealed class PlainStore : IPlainThing
{
    private readonly Dictionary<string, string> _values = [];

    public HistoryValue? Run(string function, HistoryValue key, HistoryValue argument)
    {
        string name = key.ToString();
        string before = _values.GetValueOrDefault(name, "nil");
        switch (function)
        {
            case "read" or "get":
                return HistoryValue.Parse(before);
            case "write" or "put":
                _values[name] = argument.ToString();
                return null;
            case "append":
                _values[name] = $"{(before == "nil" ? "" : before[..^1])}{argument.ToString()[(before == "nil" ? 0 : 1)..]}";
                return null;
            case "delete":
                return _values.Remove(name);
            case "cas":
                bool sets = argument.Items[0].ToString() == before;
                if (sets)
                {
                    _values[name] = argument.Items[1].ToString();
                }

                return sets;
            default:
                throw new ArgumentOutOfRangeException(nameof(function), function, null);
        }
    }
}
