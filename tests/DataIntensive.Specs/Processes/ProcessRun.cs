namespace DataIntensive.Specs.Processes;

/// <summary>How one run of a process ended.</summary>
internal sealed record ProcessRun(int ExitCode, string Output, string Errors, bool WasKilled)
{
    public string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What was printed with its line end: a kill may have left a part of a line behind.</summary>
    public string[] WholeOutputLines => Output.Split('\n')[..^1];
}
