namespace DataIntensive;

/// <summary>A failure that a retry would not change, such as a declined card: it is kept and replayed like a result.</summary>
/// <param name="Name">What it is called, for good; not the name of a CLR type. 1 to 255 characters.</param>
/// <param name="Message">What a reader is told.</param>
/// <param name="Data">What a program needs to know, for example as JSON; null for nothing.</param>
/// <remarks>
/// What is longer than <see cref="IdempotencyOptions.MaxResultBytes"/> is kept without its data, and with its message cut.
/// </remarks>
public sealed record DefiniteFailure(string Name, string Message, string? Data = null)
{
    private const int MaxNameLength = 255;

    /// <summary>What it is called.</summary>
    public string Name { get; init; } = Checked(Name);

    /// <summary>What a reader is told.</summary>
    public string Message { get; init; } = Message ?? throw new ArgumentNullException(nameof(Message));

    private static string Checked(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name.Length <= MaxNameLength ? name : throw new ArgumentException($"The name has {name.Length} characters; {MaxNameLength} are allowed.", nameof(name));
    }
}
