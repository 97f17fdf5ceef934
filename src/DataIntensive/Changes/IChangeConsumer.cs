namespace DataIntensive;

/// <summary>Processes changes in order, one transaction at a time, and keeps how far it has come under its name.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> Every change reaches its handler. Handlers that write through the transaction they are given have exactly one
/// effect per change: effects and checkpoint are one commit. Handlers with effects elsewhere get a change at least once, with the same
/// <see cref="ChangeEvent.Position"/> each time.</para>
/// <para><b>Order.</b> That of the source, across all tables.</para>
/// <para><b>After a crash.</b> It goes on after the last transaction that it has processed as a whole; never inside one.</para>
/// <para><b>Thread safety.</b> One run at a time; the properties may be read from any thread.</para>
/// <para><b>Cost.</b> One commit per transaction that it handles. It waits without polling, and writes nothing while nothing happens.</para>
/// <para><b>Not guaranteed.</b> That it goes on when a handler fails: it stops before that transaction and says why.</para>
/// </remarks>
public interface IChangeConsumer
{
    /// <summary>The name under which its checkpoint is kept.</summary>
    string Name { get; }

    /// <summary>The last commit that it has processed or passed over in this process; the start before its first run.</summary>
    LogPosition Position { get; }

    /// <summary>Processes what is there, then follows. Returns when the source is closed.</summary>
    /// <param name="cancellationToken">
    /// Stops the run after the transaction that is being processed, or within it where the handler heeds the token; what was not completed
    /// is delivered again by the next run.
    /// </param>
    /// <exception cref="ChangeHandlerException">A handler failed, or there is none for a table and the options say to fail.</exception>
    /// <exception cref="CheckpointAheadException">The source ends before the checkpoint.</exception>
    /// <exception cref="InvalidDataException">A table's codecs cannot read a change; the checkpoint stays before it.</exception>
    /// <exception cref="InvalidOperationException">A consumer of this name is running, or this one has no handler.</exception>
    /// <exception cref="LogHistoryGoneException">The changes behind the checkpoint are no longer kept.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    Task RunAsync(CancellationToken cancellationToken = default);

    /// <summary>Processes what can be read when the call is made, then returns.</summary>
    /// <inheritdoc cref="RunAsync" path="/param"/>
    /// <inheritdoc cref="RunAsync" path="/exception"/>
    Task RunToEndAsync(CancellationToken cancellationToken = default);
}
