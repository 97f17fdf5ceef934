using System.Globalization;
using System.Text;

namespace DataIntensive.Testing;

// Reads the notation that CausalHistory.Parse describes.
internal sealed class CausalParser(string text)
{
    private readonly List<(int Place, List<int> Operations)> _places = [];
    private int _at;

    private char Here => _at < text.Length ? text[_at] : '\0';

    public CausalSession[] Read()
    {
        List<CausalSession> sessions = [];
        while (Skip(isBetweenSessions: true))
        {
            sessions.Add(ReadSession(sessions.Count + 1));
        }

        return [.. sessions];
    }

    public CausalFormatException Refuse((string Problem, int Session, int Operation) fault)
    {
        (int place, List<int> operations) = _places[fault.Session];
        return Fault(fault.Operation < operations.Count ? operations[fault.Operation] : place, fault.Problem);
    }

    private CausalSession ReadSession(int number)
    {
        List<int> places = [];
        _places.Add((_at, places));
        string name = ReadName() ?? $"s{number}";
        List<CausalOperation> operations = [];
        while (Skip(isBetweenSessions: false))
        {
            places.Add(_at);
            operations.Add(ReadOperation());
        }

        return new CausalSession(name, operations);
    }

    private string? ReadName()
    {
        int end = text.AsSpan(_at).IndexOfAny(":(\n|∥") + _at;
        if (end < _at || text[end] != ':')
        {
            return null;
        }

        string name = text[_at..end].Trim();
        if (name.Length == 0 || name.Any(char.IsWhiteSpace) || name.Contains('#'))
        {
            throw Fault(_at, $"'{name}' is no name of a session.");
        }

        _at = end + 1;
        return name;
    }

    private CausalOperation ReadOperation()
    {
        int place = _at;
        char kind = Here;
        _at++;
        if (kind is not ('r' or 'w') || Here != '(')
        {
            throw Fault(place, "An operation should stand here, such as w(x1) or r(x1).");
        }

        _at++;
        string key = ReadKey();
        int end = text.AsSpan(_at).IndexOfAny(")\n") + _at;
        if (end < _at || text[end] != ')')
        {
            throw Fault(place, "The closing parenthesis is missing.");
        }

        if (!long.TryParse(text.AsSpan(_at, end - _at), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            throw Fault(_at, $"'{text[_at..end]}' is no number.");
        }

        _at = end + 1;
        return kind == 'r' ? CausalOperation.Read(key, value)
            : value != CausalHistory.Initial ? CausalOperation.Write(key, value)
            : throw Fault(place, $"{CausalHistory.Initial} stands for no value, and cannot be written.");
    }

    private string ReadKey()
    {
        int place = _at;
        if (char.IsLetter(Here))
        {
            _at++;
            return text[place].ToString();
        }

        if (Here != '"')
        {
            throw Fault(place, "A key should stand here: one letter, or anything in double quotes.");
        }

        StringBuilder key = new();
        for (_at++; Here != '"'; _at++)
        {
            if (Here is '\0' or '\n')
            {
                throw Fault(place, "The key's closing quote is missing.");
            }

            if (Here == '\\')
            {
                _at++;
                key.Append(Here == 'n' ? '\n' : Here);
            }
            else
            {
                key.Append(Here);
            }
        }

        _at++;
        return key.ToString();
    }

    // To the next operation of the session, or to the next session; false when there is none.
    private bool Skip(bool isBetweenSessions)
    {
        while (_at < text.Length)
        {
            if (Here == '#')
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else if (Here is '\n' or '∥' or '|')
            {
                if (!isBetweenSessions)
                {
                    return false;
                }

                _at++;
            }
            else if (char.IsWhiteSpace(Here))
            {
                _at++;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private CausalFormatException Fault(int place, string problem)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, Math.Min(place, text.Length));
        return new CausalFormatException(before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'), problem);
    }
}
