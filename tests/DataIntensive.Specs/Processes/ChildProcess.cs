using System.Diagnostics;
using System.Text;

namespace DataIntensive.Specs.Processes;

/// <summary>A .NET program as a process of its own, so that it can really be killed.</summary>
internal sealed class ChildProcess : IDisposable
{
    public const int ExitCodeOfKill = 128 + 9;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _enoughLines = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _awaitedLines;
    private readonly Task _reading;
    private readonly Task<string> _errors;

    private ChildProcess(Process process, int awaitedLines)
    {
        _process = process;
        _awaitedLines = awaitedLines;
        _reading = ReadOutputAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Ends when as many lines were printed as were awaited, or the output ended.</summary>
    public Task EnoughLines => _enoughLines.Task;

    public static ChildProcess Start(string assembly, IEnumerable<string> arguments, int awaitedLines = 0)
    {
        File.Exists(assembly).Should().BeTrue("it is built with the tests: {0}", assembly);
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(assembly);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new ChildProcess(Process.Start(start)!, awaitedLines);
    }

    /// <summary>Waits for the end, or for that long and then kills; without a time the end has to come by itself.</summary>
    public async Task<ProcessRun> EndAsync(TimeSpan? killAfter, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(killAfter ?? Patience);
        bool killed = false;
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Kill is SIGKILL on Unix: no handler, no finally, no flush.
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            killed = true;
            cancellationToken.ThrowIfCancellationRequested();
            killAfter.Should().NotBeNull("the process should have ended by itself within {0}", Patience);
        }

        await _reading;
        return new ProcessRun(_process.ExitCode, _output.ToString(), await _errors, killed && _process.ExitCode == ExitCodeOfKill);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task ReadOutputAsync()
    {
        char[] buffer = new char[4096];
        int lines = 0;
        int read;
        while ((read = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            _output.Append(buffer, 0, read);
            lines += buffer.AsSpan(0, read).Count('\n');
            if (lines >= _awaitedLines)
            {
                _enoughLines.TrySetResult();
            }
        }

        _enoughLines.TrySetResult();
    }
}
