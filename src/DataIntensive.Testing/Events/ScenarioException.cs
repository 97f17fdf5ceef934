namespace DataIntensive.Testing;

/// <summary>A scenario went another way than was said. The message says what was given, what was expected and what came.</summary>
public sealed class ScenarioException : Exception
{
    internal ScenarioException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
