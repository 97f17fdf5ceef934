using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataIntensive.DependencyInjection;

internal static class DatabaseOptionsServices
{
    // What the caller set stays; what was left at its default comes from the container when it is there.
    public static DatabaseOptions WithServicesOf(this DatabaseOptions options, IServiceProvider provider) => new()
    {
        Log = options.Log,
        MemoryLogBytes = options.MemoryLogBytes,
        Durability = options.Durability,
        MaxTransactionAttempts = options.MaxTransactionAttempts,
        TimeProvider = options.TimeProvider != TimeProvider.System ? options.TimeProvider : provider.GetService<TimeProvider>() ?? TimeProvider.System,
        LoggerFactory = options.LoggerFactory is not NullLoggerFactory ? options.LoggerFactory : provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
        MeterFactory = options.MeterFactory ?? provider.GetService<IMeterFactory>(),
    };
}
