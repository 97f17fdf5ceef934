using System.Buffers.Binary;
using System.Collections.Concurrent;
using DataIntensive.Benchmarks.Log;

namespace DataIntensive.Benchmarks.Databases;

/// <summary>
/// What one would write by hand: a dictionary, and a file to which each write goes before it is put there; alone, or as a group commit.
/// </summary>
internal sealed class BareStore(bool groups) : DurableStore(groups ? "dictionary + group commit" : "pwrite + fsync")
{
    private readonly ConcurrentDictionary<int, byte[]> _values = new();
    private readonly Lock _gate = new();
    private BareFrames? _frames;
    private BareGroup? _group;
    private long _hot;

    public override ValueTask OpenAsync(string folder, int keys, byte[] value)
    {
        for (int key = 0; key < keys; key++)
        {
            _values[key] = value;
        }

        _frames = new BareFrames(Path.Combine(folder, "bare"), BareFileKind.Prepared);
        _group = groups ? new BareGroup(_frames) : null;
        return ValueTask.CompletedTask;
    }

    public override Func<ValueTask> NewWriter(Func<int> nextKey)
    {
        byte[] body = Body();
        if (_group is not { } group)
        {
            return () =>
            {
                int key = nextKey();
                BinaryPrimitives.WriteInt32LittleEndian(body, key);
                _frames!.Add(body);
                _frames.Write();
                _frames.Flush();
                _values[key] = body;
                return ValueTask.CompletedTask;
            };
        }

        return async () =>
        {
            int key = nextKey();
            BinaryPrimitives.WriteInt32LittleEndian(body, key);
            await group.AppendAsync(body);
            _values[key] = body;
        };
    }

    public override Func<ValueTask>? NewHotWriter()
    {
        byte[] body = Body();
        return async () =>
        {
            Task written;
            lock (_gate)
            {
                BinaryPrimitives.WriteInt64LittleEndian(body, ++_hot);
                written = _group!.AppendAsync(body);
            }

            await written;
        };
    }

    public override ValueTask DisposeAsync()
    {
        _group?.Dispose();
        _frames?.Dispose();
        _values.Clear();
        return ValueTask.CompletedTask;
    }

    private static byte[] Body() => new byte[DatabaseComparison.ValueBytes + sizeof(long)];
}
