using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>What a model models, as a program of its own that one caller uses.</summary>
internal interface IPlainThing
{
    /// <returns>Null when there is nothing to say.</returns>
    HistoryValue? Run(string function, HistoryValue key, HistoryValue argument);
}
