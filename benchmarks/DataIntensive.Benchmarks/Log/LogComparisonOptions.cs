namespace DataIntensive.Benchmarks.Log;

/// <summary>How much is measured. Files are made in the temporary folder: TMPDIR chooses the disk.</summary>
internal sealed class LogComparisonOptions
{
    private const long MiB = 1024 * 1024;

    public int Rounds { get; private set; } = 9;

    public long BulkBytes { get; private set; } = 128 * MiB;

    public long ScanBytes { get; private set; } = 256 * MiB;

    public long RecoveryBytes { get; private set; } = 1024 * MiB;

    public TimeSpan WriterTime { get; private set; } = TimeSpan.FromMilliseconds(700);

    /// <summary>Whether rates are per second of processor time instead: what the software costs, on a machine that others use too.</summary>
    public bool ByProcessorTime { get; private set; }

    /// <summary>Only rows and only contenders whose names contain one of these; all when there are none.</summary>
    public List<string> Only { get; } = [];

    public List<string> OnlyContenders { get; } = [];

    public static string Usage => """
        log [--quick] [--rounds N] [--only ROW]... [--with CONTENDER]... [--recovery-mib N] [--cpu]
          --quick            3 rounds, smaller files (recovery 256 MiB instead of 1024)
          --rounds N         how many rounds, 1 to 99; their medians are shown
          --only ROW         rows whose name contains this; may be repeated
          --with CONTENDER   contenders whose name contains this, beside the bare loop; may be repeated
          --recovery-mib N   how large a log the recovery row opens, 1 to 16384
          --cpu              rates per second of processor time, not of the clock
        """;

    /// <summary>Returns null, with the reason, when the arguments are not understood.</summary>
    public static LogComparisonOptions? Parse(string[] args, out string error)
    {
        LogComparisonOptions options = new();
        error = "";
        for (int index = 0; index < args.Length; index++)
        {
            string argument = args[index];
            if (argument == "--quick")
            {
                options.Rounds = 3;
                options.BulkBytes = 32 * MiB;
                options.ScanBytes = 64 * MiB;
                options.RecoveryBytes = 256 * MiB;
                options.WriterTime = TimeSpan.FromMilliseconds(300);
                continue;
            }

            if (argument == "--cpu")
            {
                options.ByProcessorTime = true;
                continue;
            }

            if (++index >= args.Length || !options.TrySet(argument, args[index]))
            {
                error = $"'{argument}' is unknown, or its value is missing or out of range.";
                return null;
            }
        }

        return options;
    }

    private bool TrySet(string argument, string value)
    {
        switch (argument)
        {
            case "--only":
                Only.Add(value);
                return true;
            case "--with":
                OnlyContenders.Add(value);
                return true;
            case "--rounds" when int.TryParse(value, out int rounds) && rounds is >= 1 and <= 99:
                Rounds = rounds;
                return true;
            case "--recovery-mib" when int.TryParse(value, out int size) && size is >= 1 and <= 16384:
                RecoveryBytes = size * MiB;
                return true;
            default:
                return false;
        }
    }
}
