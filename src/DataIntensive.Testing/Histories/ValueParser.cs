using System.Buffers;
using System.Globalization;
using System.Text;

namespace DataIntensive.Testing;

// Reads the tokens of a line from left to right: words, numbers, texts in quotes, lists in brackets.
internal ref struct ValueParser(ReadOnlySpan<char> text)
{
    // What is nested deeper than this is taken for nonsense, before it takes the stack.
    private const int DeepestList = 64;

    private static readonly SearchValues<char> EndsWord = SearchValues.Create(" \t\r\n,[]{}()\"");

    private ReadOnlySpan<char> _rest = text;
    private int _depth;

    public bool IsAtEnd
    {
        get
        {
            SkipSpace();
            return _rest.IsEmpty;
        }
    }

    public static bool IsWord(string text) => text.Length > 0 && !text.AsSpan().ContainsAny(EndsWord);

    public static string Quote(string text)
    {
        StringBuilder quoted = new(text.Length + 2);
        quoted.Append('"');
        foreach (char letter in text)
        {
            _ = letter switch
            {
                '"' or '\\' => quoted.Append('\\').Append(letter),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ when char.IsControl(letter) || char.IsSurrogate(letter) || letter is '\u2028' or '\u2029' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => quoted.Append(letter),
            };
        }

        return quoted.Append('"').ToString();
    }

    public bool TryTake(char letter)
    {
        SkipSpace();
        if (_rest.IsEmpty || _rest[0] != letter)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    public bool IsAt(string word)
    {
        SkipSpace();
        return _rest.StartsWith(word, StringComparison.Ordinal);
    }

    public void Take(char letter)
    {
        if (!TryTake(letter))
        {
            throw new FormatException($"'{letter}' is missing before '{_rest}'.");
        }
    }

    // Up to the next space, comma, bracket or quote.
    public ReadOnlySpan<char> Word()
    {
        SkipSpace();
        int length = _rest.IndexOfAny(EndsWord);
        ReadOnlySpan<char> word = length < 0 ? _rest : _rest[..length];
        if (word.IsEmpty)
        {
            throw new FormatException(_rest.IsEmpty ? "The line ends too early." : $"A word is missing before '{_rest}'.");
        }

        _rest = _rest[word.Length..];
        return word;
    }

    public HistoryValue Value()
    {
        SkipSpace();
        if (_rest.StartsWith('"'))
        {
            return Text();
        }

        if (TryTake('['))
        {
            return List();
        }

        ReadOnlySpan<char> word = Word();
        return word switch
        {
            "nil" => HistoryValue.Nil,
            "true" => true,
            "false" => false,
            _ when long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
            _ => throw new FormatException($"'{word}' is no value."),
        };
    }

    private HistoryValue List()
    {
        if (++_depth > DeepestList)
        {
            throw new FormatException($"Lists are nested more than {DeepestList} deep.");
        }

        List<HistoryValue> items = [];
        while (!TryTake(']'))
        {
            items.Add(Value());
        }

        _depth--;
        return HistoryValue.List(items.ToArray());
    }

    private string Text()
    {
        StringBuilder text = new();
        for (int i = 1; i < _rest.Length; i++)
        {
            char letter = _rest[i];
            if (letter == '"')
            {
                _rest = _rest[(i + 1)..];
                return text.ToString();
            }

            text.Append(letter == '\\' ? Escaped(ref i) : letter);
        }

        throw new FormatException("A text has no closing quote.");
    }

    private readonly char Escaped(ref int at)
    {
        at++;
        switch (at < _rest.Length ? _rest[at] : '\0')
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'b': return '\b';
            case 'f': return '\f';
            case '/': return '/';
            case '"': return '"';
            case '\\': return '\\';
            case 'u' when at + 4 < _rest.Length && ushort.TryParse(_rest.Slice(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code):
                at += 4;
                return (char)code;
            default: throw new FormatException("A text has an unknown escape.");
        }
    }

    // Commas count as space, as they do in EDN.
    private void SkipSpace() => _rest = _rest.TrimStart(" \t,");
}
