using System.Diagnostics;
using DataIntensive.Logs;

namespace DataIntensive.Specs.Logs;

/// <summary>A log on a real file system that is full. Only in the long form, and where a file system can be mounted.</summary>
public sealed class SmallDiskSpecs(ITestOutputHelper output)
{
    private static readonly CommitLogOptions Options = new() { SegmentBytes = 256 * 1024, ReserveBytes = 128 * 1024 };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    [InlineData("ext3")]
    public async Task FullDisk_RefusesBeforeAnythingIsAccepted_TakesDeletes_AndGoesOn(string kind)
    {
        Assert.SkipUnless(SpecRun.IsLong, "only with DATAINTENSIVE_LONG=1");
        DirectoryInfo root = Directory.CreateTempSubdirectory("dataintensive-small-disk-");
        string disk = root.CreateSubdirectory("disk").FullName;
        bool isMounted = kind == "tmpfs"
            ? Run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk)
            : MakeImage(kind, Path.Combine(root.FullName, "image")) && Run("mount", "-o", "loop", Path.Combine(root.FullName, "image"), disk);
        Assert.SkipUnless(isMounted, $"{kind} cannot be mounted here");
        try
        {
            await FillAndGoOnAsync(Path.Combine(disk, "log"));
        }
        finally
        {
            Run("umount", disk).Should().BeTrue();
            root.Delete(recursive: true);
        }
    }

    private async Task FillAndGoOnAsync(string folder)
    {
        long filled;
        await using (CommitLog log = await CommitLog.OpenAsync(folder, Options, Stop))
        {
            filled = await FillAsync(log);
            (await log.AppendAsync(new LogBatch { MayUseReserve = true }.Add(1, new byte[100]), cancellationToken: Stop)).Value.Should().Be(filled + 1);
            (await log.ReadAsync(follow: false, cancellationToken: Stop).CountAsync(Stop)).Should().Be((int)filled + 1);
        }

        await using (CommitLog log = await CommitLog.OpenAsync(folder, Options, Stop))
        {
            log.Recovery.WasClosed.Should().BeTrue();
            log.Range.Durable.Value.Should().Be(filled + 1);
            await FillAsync(log);
            await log.TrimAsync(new LogPosition(filled / 2), Stop);
            LogPosition end = log.Range.End;
            (await log.AppendAsync(new byte[10_000], cancellationToken: Stop)).Value.Should().Be(end.Value + 1, "there is space again");
            await log.CompactAsync((in record) => record.Position.Value % 5 == 0, cancellationToken: Stop);
        }

        await using CommitLog last = await CommitLog.OpenAsync(folder, Options, Stop);
        last.Recovery.WasClosed.Should().BeTrue();
        output.WriteLine($"{filled} records of 10,000 bytes filled it");
    }

    private static async Task<long> FillAsync(CommitLog log)
    {
        long filled = log.Range.End.Value;
        foreach (int bytes in new[] { 10_000, 1 })
        {
            await FluentActions.Awaiting(async () =>
            {
                while (filled < 100_000)
                {
                    filled = (await log.AppendAsync(new byte[bytes], cancellationToken: Stop)).Value;
                }
            }).Should().ThrowAsync<LogFullException>();
        }

        return filled;
    }

    // ext3 is the one that cannot allocate: there space is taken by writing zeros.
    private static bool MakeImage(string kind, string path)
    {
        using (FileStream image = File.Create(path))
        {
            image.SetLength(8 * 1024 * 1024);
        }

        return Run($"mkfs.{kind}", "-q", "-F", path);
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
