using System.Text;

namespace DataIntensive.CrashHost;

/// <summary>Prints one line per acknowledged commit. A line is one write to the pipe, so a kill leaves it whole or out.</summary>
internal sealed class Acknowledgements(Stream output) : IDisposable
{
    private readonly Lock _gate = new();

    public void Opened() => Print("open\n");

    public void Acknowledged(int writer, long sequence, LogPosition position) => Print($"ack {writer} {sequence} {position}\n");

    public void Dispose() => output.Dispose();

    private void Print(string line)
    {
        lock (_gate)
        {
            output.Write(Encoding.ASCII.GetBytes(line));
            output.Flush();
        }
    }
}
