using DataIntensive;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Opens databases of a container eagerly.</summary>
public static class DataIntensiveServiceProviderExtensions
{
    /// <summary>Opens every database that the container holds, so that start-up fails where a later call would.</summary>
    /// <param name="provider">The container.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="InvalidOperationException">The container holds none.</exception>
    public static async Task OpenDataIntensiveAsync(this IServiceProvider provider, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(provider);
        DatabaseAccessor[] accessors = [.. provider.GetServices<DatabaseAccessor>(), .. provider.GetKeyedServices<DatabaseAccessor>(KeyedService.AnyKey)];
        if (accessors.Length == 0)
        {
            throw new InvalidOperationException($"The container holds no database. Call {nameof(DataIntensiveServiceCollectionExtensions.AddDataIntensive)} first.");
        }

        foreach (DatabaseAccessor accessor in accessors)
        {
            await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
