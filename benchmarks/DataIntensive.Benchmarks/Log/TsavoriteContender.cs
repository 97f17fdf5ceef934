using Tsavorite.core;

namespace DataIntensive.Benchmarks.Log;

/// <summary>
/// Garnet's TsavoriteLog, in bulk only: with writers that wait for each record its CommitAsync stopped answering here. Its managed device
/// calls no fsync.
/// </summary>
internal sealed class TsavoriteContender(string name, DeviceType device, Work can) : Contender(name, "O_SYNC writes, no fsync", can)
{
    private IDevice? _device;
    private TsavoriteLog? _log;

    public override ValueTask OpenAsync(string folder)
    {
        _device = Devices.CreateLogDevice(Path.Combine(folder, "tsavorite.log"), deviceType: device);
        _log = new TsavoriteLog(new TsavoriteLogSettings
        {
            LogDevice = _device,
            LogCommitDir = folder,
            LogChecksum = LogChecksumType.PerEntry,
            FastCommitMode = true,
            PageSizeBits = 22,
            MemorySizeBits = 26,
            SegmentSizeBits = 30,
        });
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _log?.Dispose();
        _device?.Dispose();
        _log = null;
        _device = null;
        return ValueTask.CompletedTask;
    }

    public override ValueTask BulkOneCommitAsync(byte[] body, int records)
    {
        TsavoriteLog log = _log!;
        for (int record = 0; record < records; record++)
        {
            log.Enqueue(body);
        }

        log.Commit(spinWait: true);
        return ValueTask.CompletedTask;
    }

    public override ValueTask BulkManyCommitsAsync(byte[] body, int records) => BulkOneCommitAsync(body, records);
}
