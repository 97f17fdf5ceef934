namespace DataIntensive;

/// <summary>Makes ranges of keys. A beginning is part of its range, an end is not.</summary>
public static class KeyRange
{
    /// <summary>All keys.</summary>
    public static KeyRange<TKey> All<TKey>()
        where TKey : notnull => default;

    /// <summary>The keys from one on.</summary>
    /// <param name="from">The first key.</param>
    public static KeyRange<TKey> From<TKey>(TKey from)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(from);
        return new KeyRange<TKey> { HasFrom = true, From = from };
    }

    /// <summary>The keys from one up to another.</summary>
    /// <param name="from">The first key.</param>
    /// <param name="to">The first key that is no longer in it. Before <paramref name="from"/>, the range is empty.</param>
    public static KeyRange<TKey> Between<TKey>(TKey from, TKey to)
        where TKey : notnull => From(from).Before(to);

    /// <summary>The texts that begin with a prefix, in a store whose order is <see cref="StringComparer.Ordinal"/>.</summary>
    /// <param name="prefix">The prefix; empty: all keys.</param>
    public static KeyRange<string> StartingWith(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        KeyRange<string> range = From(prefix) with { IsPrefix = true };

        // The first text behind all that begin so: the last character that has a successor becomes it, and what follows is cut.
        int last = prefix.AsSpan().LastIndexOfAnyExcept(char.MaxValue);
        return last < 0 ? range : range.Before(string.Concat(prefix.AsSpan(0, last), [(char)(prefix[last] + 1)]));
    }
}
