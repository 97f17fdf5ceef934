namespace DataIntensive.Tests.Transactions;

/// <summary>Of how many orders how many were wrong, how many refused a commit, and how many no serial run explains.</summary>
internal readonly record struct IsolationFigures(int Orders, int Anomalies, int Refusals, int Unserializable);
