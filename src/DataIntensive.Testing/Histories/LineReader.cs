namespace DataIntensive.Testing;

// Hands the lines of a text to a format, and says which line was unreadable.
internal static class LineReader
{
    public delegate void Line(HistoryBuilder builder, ReadOnlySpan<char> line);

    public static History Read(TextReader reader, string? header, Line read)
    {
        ArgumentNullException.ThrowIfNull(reader);
        HistoryBuilder builder = new() { Line = 1 };
        if (header is not null && reader.ReadLine()?.TrimEnd() is var first && first != header)
        {
            throw builder.Wrong($"'{header}' was expected.");
        }

        for (long number = header is null ? 1 : 2; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            builder.Line = number;
            try
            {
                read(builder, line);
            }
            catch (FormatException unreadable) when (unreadable is not HistoryFormatException)
            {
                throw new HistoryFormatException(number, unreadable.Message, unreadable);
            }
        }

        return builder.Build();
    }
}
