namespace DataIntensive.Testing;

internal static class UnknownFunction
{
    public static ArgumentException In(HistoryOperation operation, string model, params ReadOnlySpan<string> known) =>
        new($"{operation}: {model} does not know '{operation.Function}', only {string.Join(", ", known)}.");

    public static ArgumentException Argument(HistoryOperation operation, string needed) =>
        new($"{operation}: '{operation.Function}' needs {needed} as its argument.");
}
