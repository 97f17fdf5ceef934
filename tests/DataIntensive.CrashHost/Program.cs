using System.Globalization;
using DataIntensive.CrashHost;

// Writes until it is killed, and prints what was acknowledged: "open" once, then "ack WRITER SEQUENCE POSITION" lines.
if (args is not [string mode, string folder, string seed, string writers]
    || !ulong.TryParse(seed, CultureInfo.InvariantCulture, out ulong seedValue)
    || !int.TryParse(writers, CultureInfo.InvariantCulture, out int writerCount))
{
    Console.Error.WriteLine("usage: DataIntensive.CrashHost log|database|events|group|keys|external-keys FOLDER SEED WRITERS");
    return 2;
}

using Acknowledgements acknowledgements = new(Console.OpenStandardOutput());
Task writing = mode switch
{
    "log" => new LogLife(folder, seedValue, writerCount, acknowledgements).RunAsync(),
    "database" => new DatabaseLife(folder, seedValue, writerCount, acknowledgements).RunAsync(),
    "events" => new EventsLife(folder, seedValue, writerCount, acknowledgements).RunAsync(),
    "group" => new GroupLife(folder, seedValue, writerCount, acknowledgements).RunAsync(),
    "keys" => new IdempotencyLife(folder, writerCount, isExternal: false, acknowledgements).RunAsync(),
    "external-keys" => new IdempotencyLife(folder, writerCount, isExternal: true, acknowledgements).RunAsync(),
    _ => throw new ArgumentException($"'{mode}' is no mode."),
};
await writing;
return 0;
