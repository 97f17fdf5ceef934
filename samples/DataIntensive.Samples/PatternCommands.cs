using System.CommandLine;
using DataIntensive.Samples.Patterns;

namespace DataIntensive.Samples;

/// <summary>One command per pattern, each in a folder of its own.</summary>
internal static class PatternCommands
{
    private static readonly (string Name, string Description, Func<string, TextWriter, CancellationToken, Task> Run)[] All =
    [
        ("store", "A linearizable store: compare-and-set, hot keys, watches.", StoreSample.RunAsync),
        ("transactions", "Transactions over stores, and what isolation levels decide.", TransactionSample.RunAsync),
        ("causal", "Two replicas that write apart and exchange what they have.", CausalSample.RunAsync),
        ("bank", "Event sourcing: an account rebuilt from its own stream.", BankSample.RunAsync),
        ("group", "A subscription with members: each event once, each stream in order, poison events parked.", GroupSample.RunAsync),
        ("idempotency", "Safe retries: one effect per key.", IdempotencySample.RunAsync),
        ("changes", "Change capture: an index that follows a table.", ChangesSample.RunAsync),
        ("streams", "Windows over event time, late events, running state.", StreamsSample.RunAsync),
    ];

    public static IEnumerable<Command> Create() => All.Select(sample =>
    {
        Command command = new(sample.Name, sample.Description);
        command.SetAction(async (_, cancellationToken) =>
        {
            DirectoryInfo folder = Directory.CreateTempSubdirectory("dataintensive-sample-");
            try
            {
                await sample.Run(folder.FullName, Console.Out, cancellationToken);
                return ExitCodes.Ok;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return command;
    });
}
