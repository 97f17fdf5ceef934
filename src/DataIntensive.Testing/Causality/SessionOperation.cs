namespace DataIntensive.Testing;

/// <summary>An operation and its place in a <see cref="CausalHistory"/>.</summary>
/// <param name="Session">The session's name.</param>
/// <param name="Number">Its place in the session, from 1.</param>
/// <param name="Operation">The operation.</param>
public readonly record struct SessionOperation(string Session, int Number, CausalOperation Operation)
{
    /// <summary>Gives, for example, <c>A.3 w(x1)</c>.</summary>
    public override string ToString() => $"{Session}.{Number} {Operation}";
}
