using System.Globalization;

namespace DataIntensive.Testing;

// Reads the notation that TransactionHistory.Parse describes. What a read's digits mean depends on the whole history, lists or
// registers, so a text that turns out to write registers is read a second time.
internal sealed class TransactionParser(string text)
{
    private readonly List<(int Place, List<int> Steps)> _places = [];
    private bool _areRegisters;
    private int _at;

    public TransactionRecord[] Read()
    {
        TransactionRecord[] records = ReadAll();
        if (!records.Any(record => record.Steps.Any(step => step.Kind is MicroOperationKind.Write or MicroOperationKind.ReadValue)))
        {
            return records;
        }

        _areRegisters = true;
        return ReadAll();
    }

    public TransactionFormatException Refuse(HistoryFault fault)
    {
        (int place, List<int> steps) = _places[fault.Transaction];
        return Fault(fault.Step < 0 ? place : steps[fault.Step], fault.Problem);
    }

    private TransactionRecord[] ReadAll()
    {
        _at = 0;
        _places.Clear();
        List<TransactionRecord> records = [];
        while (SkipSeparators())
        {
            records.Add(ReadTransaction());
        }

        return [.. records];
    }

    private TransactionRecord ReadTransaction()
    {
        (string? name, int? process, TransactionOutcome outcome, long? called, long? returned) = (null, null, TransactionOutcome.Committed, null, null);
        List<MicroOperation> steps = [];
        List<int> places = [];
        _places.Add((_at, places));
        while (SkipBlanks())
        {
            int place = _at;
            string word = PeekWord();
            if (steps.Count == 0 && ((word.EndsWith(':') && !word.Contains('"')) || (word.Length > 1 && word[0] == 'T' && word.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0)))
            {
                name = ReadName(word);
            }
            else if (steps.Count == 0 && word is ['p', ..])
            {
                process = (int)ReadNumber(place, word.AsSpan(1), int.MaxValue);
                _at += word.Length;
            }
            else if (steps.Count == 0 && word is "ok" or "failed" or "unknown")
            {
                outcome = word switch { "ok" => TransactionOutcome.Committed, "failed" => TransactionOutcome.Failed, _ => TransactionOutcome.Unknown };
                _at += word.Length;
            }
            else if (word is ['@', ..])
            {
                (called, returned) = ReadTimes(place, word);
            }
            else
            {
                places.Add(place);
                steps.Add(ReadStep());
            }
        }

        return new TransactionRecord(steps) { Name = name, Process = process, Outcome = outcome, CalledAt = called, ReturnedAt = returned };
    }

    private string ReadName(string word)
    {
        string name = word.TrimEnd(':');
        if (name.Length == 0 || name.Contains(':'))
        {
            throw Fault(_at, $"'{word}' is no name of a transaction.");
        }

        _at += word.Length;
        return name;
    }

    private (long Called, long? Returned) ReadTimes(int place, string word)
    {
        int dots = word.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            throw Fault(place, $"'{word}' should be the times of a call and of its return, such as @3..7.");
        }

        long called = ReadNumber(place, word.AsSpan(1, dots - 1), long.MaxValue);
        long? returned = dots + 2 == word.Length ? null : ReadNumber(place, word.AsSpan(dots + 2), long.MaxValue);
        _at += word.Length;
        return (called, returned);
    }

    private MicroOperation ReadStep()
    {
        int place = _at;
        char kind = text[_at++];
        if (kind is not ('a' or 'r' or 'w'))
        {
            throw Fault(place, $"'{kind}' begins no step: a appends, r reads, w writes.");
        }

        string key = ReadKey();
        return kind switch
        {
            'a' => MicroOperation.Append(key, ReadValue(place)),
            'w' => MicroOperation.Write(key, ReadValue(place)),
            _ => ReadRead(key),
        };
    }

    private string ReadKey()
    {
        char first = Here;
        if (char.IsLetter(first))
        {
            _at++;
            return first.ToString();
        }

        int place = _at;
        if (first != '"')
        {
            throw Fault(place, "A key should stand here: one letter, or anything in double quotes.");
        }

        System.Text.StringBuilder key = new();
        for (_at++; Here != '"'; _at++)
        {
            if (Here is '\0' or '\n')
            {
                throw Fault(place, "The key's closing quote is missing.");
            }

            key.Append(Here == '\\' ? ReadEscaped() : Here);
        }

        _at++;
        return key.ToString();
    }

    private char ReadEscaped()
    {
        _at++;
        return Here switch { 'n' => '\n', 'r' => '\r', '"' => '"', '\\' => '\\', _ => throw Fault(_at, "Behind a backslash stands n, r, a quote or a backslash.") };
    }

    private MicroOperation ReadRead(string key)
    {
        switch (Here)
        {
            case '?':
                _at++;
                return MicroOperation.UnknownRead(key);
            case '_':
                _at++;
                return Nothing(key);
            case '[':
                return MicroOperation.ReadList(key, ReadElements());
            case '-':
            case >= '0' and <= '9' when _areRegisters:
                return MicroOperation.ReadValue(key, ReadValue(_at));
            case >= '0' and <= '9':
                int start = _at;
                while (char.IsAsciiDigit(Here))
                {
                    _at++;
                }

                return MicroOperation.ReadList(key, [.. text[start.._at].Select(digit => (long)(digit - '0'))]);
            default:
                return Nothing(key);
        }
    }

    private MicroOperation Nothing(string key) => _areRegisters ? MicroOperation.ReadValue(key, null) : MicroOperation.ReadList(key, []);

    private long[] ReadElements()
    {
        int place = _at;
        int end = text.IndexOf(']', _at);
        if (end < 0 || text.AsSpan(_at, end - _at).Contains('\n'))
        {
            throw Fault(place, "The list's closing bracket is missing.");
        }

        string[] items = text[(_at + 1)..end].Split(',', StringSplitOptions.TrimEntries);
        _at = end + 1;
        return items is [""] ? [] : [.. items.Select(item => ReadNumber(place, item, long.MaxValue))];
    }

    private long ReadValue(int place)
    {
        int start = _at;
        if (Here == '-')
        {
            _at++;
        }

        while (char.IsAsciiDigit(Here))
        {
            _at++;
        }

        return ReadNumber(place, text.AsSpan(start, _at - start), long.MaxValue);
    }

    private long ReadNumber(int place, ReadOnlySpan<char> digits, long largest) =>
        long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number <= largest
            ? number
            : throw Fault(place, $"'{digits}' is no number.");

    private char Here => _at < text.Length ? text[_at] : '\0';

    private string PeekWord()
    {
        int end = _at;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] is not (';' or '·' or '#'))
        {
            end++;
        }

        return text[_at..end];
    }

    // To the next step of the same transaction.
    private bool SkipBlanks()
    {
        while (Here != '\n' && char.IsWhiteSpace(Here))
        {
            _at++;
        }

        return Here is not ('\0' or '\n' or ';' or '·' or '#');
    }

    // To the next transaction.
    private bool SkipSeparators()
    {
        while (_at < text.Length)
        {
            if (Here == '#')
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else if (char.IsWhiteSpace(Here) || Here is ';' or '·')
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

    private TransactionFormatException Fault(int place, string problem)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, Math.Min(place, text.Length));
        int line = before.Count('\n') + 1;
        int column = before.Length - (before.LastIndexOf('\n') + 1) + 1;
        return new TransactionFormatException(line, column, problem);
    }
}
