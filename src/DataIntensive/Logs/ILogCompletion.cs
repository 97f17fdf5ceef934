namespace DataIntensive.Logs;

/// <summary>Is told what became of one appended commit.</summary>
public interface ILogCompletion
{
    /// <summary>
    /// Called once per commit, in log order and never concurrently, by the thread that wrote it. Must be quick and must not throw.
    /// </summary>
    /// <param name="position">The position of the commit's last record.</param>
    /// <param name="failure">
    /// Null when the commit is as durable as was asked for; otherwise why its outcome is unknown: after a reopen it may be there or not.
    /// </param>
    void Complete(LogPosition position, Exception? failure);
}
