using System.Globalization;

namespace DataIntensive.Testing;

/// <summary>One write or read of a <see cref="CausalHistory"/>. The default is a read of the key "" that found nothing.</summary>
public readonly record struct CausalOperation
{
    private readonly string? _key;

    private CausalOperation(string key, long value, bool isWrite)
    {
        ArgumentNullException.ThrowIfNull(key);
        _key = key;
        Value = value;
        IsWrite = isWrite;
    }

    /// <summary>The key.</summary>
    public string Key => _key ?? "";

    /// <summary>What was written or read; <see cref="CausalHistory.Initial"/> for a read that found nothing.</summary>
    public long Value { get; }

    /// <summary>Whether it is a write; otherwise it is a read.</summary>
    public bool IsWrite { get; }

    internal bool ReadsInitial => !IsWrite && Value == CausalHistory.Initial;

    /// <summary>Writes a value that is written to the key only once in the history.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is <see cref="CausalHistory.Initial"/>, which stands for no value.</exception>
    public static CausalOperation Write(string key, long value)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(value, CausalHistory.Initial);
        return new CausalOperation(key, value, isWrite: true);
    }

    /// <summary>Read a value; <see cref="CausalHistory.Initial"/> when there was none.</summary>
    public static CausalOperation Read(string key, long value) => new(key, value, isWrite: false);

    /// <summary>Writes it as <see cref="CausalHistory.Parse"/> reads it: <c>w(x1)</c>, <c>r(x0)</c>.</summary>
    public override string ToString()
    {
        string key = Key.Length == 1 && char.IsLetter(Key[0]) ? Key : $"\"{Key.Replace("\\", @"\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"";
        return string.Create(CultureInfo.InvariantCulture, $"{(IsWrite ? 'w' : 'r')}({key}{Value})");
    }
}
