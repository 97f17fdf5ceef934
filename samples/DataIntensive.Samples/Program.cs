using System.CommandLine;
using DataIntensive;
using DataIntensive.Samples;
using DataIntensive.Samples.Histories;
using DataIntensive.Samples.Logs;
using DataIntensive.Samples.Shop;

RootCommand root = new("Samples of DataIntensive: one small program per pattern, and a main job that uses them together.");
root.Subcommands.Add(ShopCommand.Create());
foreach (Command pattern in PatternCommands.Create())
{
    root.Subcommands.Add(pattern);
}

root.Subcommands.Add(VerifyCommand.Create());
root.Subcommands.Add(DumpCommand.Create());
root.Subcommands.Add(CheckCommand.Create());

// Without a command the main job runs on a made-up day.
ParseResult parsed = root.Parse(args.Length == 0 ? ["shop"] : args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine(parsed.Errors[0].Message);
    return ExitCodes.Usage;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (ShopInputException unusable)
{
    Console.Error.WriteLine(unusable.Message);
    return ExitCodes.Usage;
}
catch (DataIntensiveException failure)
{
    Console.Error.WriteLine(failure.Message);
    return ExitCodes.Failed;
}
catch (OperationCanceledException)
{
    return ExitCodes.Cancelled;
}
