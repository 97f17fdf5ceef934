using System.Buffers.Binary;
using DataIntensive.Logs;

namespace DataIntensive.Specs.Logs;

/// <summary>
/// One commit that was handed to a log. Each of its records tells which commit it is of, which of how many, and is filled by rule, so
/// that a record that nobody wrote is known as such.
/// </summary>
internal sealed class SubmittedCommit(int id, int records, int bodyBytes, Durability durability) : ILogCompletion
{
    private const int HeadBytes = 12;

    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Id => id;

    public int Records => records;

    public Durability Durability => durability;

    /// <summary>Where its last record should stand; null while the log has not said.</summary>
    public long? Position { get; set; }

    /// <summary>Whether the log said that it is as durable as asked for.</summary>
    public bool IsAcknowledged { get; private set; }

    /// <summary>Ends when the log has told the outcome, whatever it is.</summary>
    public Task Told => _told.Task;

    public LogBatch ToBatch()
    {
        LogBatch batch = new();
        for (int index = 0; index < records; index++)
        {
            batch.Add((uint)id, Body(index));
        }

        return batch;
    }

    public bool Wrote(int index, in LogRecord record) =>
        record.Tag == (uint)id && record.EndsCommit == (index == records - 1) && record.Body.Span.SequenceEqual(Body(index));

    public void Acknowledge(long position)
    {
        IsAcknowledged = true;
        Position = position;
    }

    public void Complete(LogPosition position, Exception? failure)
    {
        if (failure is null)
        {
            Acknowledge(position.Value);
        }

        _told.SetResult();
    }

    private byte[] Body(int index)
    {
        byte[] body = new byte[HeadBytes + bodyBytes];
        BinaryPrimitives.WriteInt32LittleEndian(body, id);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), index);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(8), records);
        body.AsSpan(HeadBytes).Fill((byte)(1 + ((id + index) % 255)));
        return body;
    }
}
