using DataIntensive;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts databases into a container.</summary>
public static class DataIntensiveServiceCollectionExtensions
{
    /// <summary>
    /// Registers a database and what it holds, as singletons. Nothing is opened: the first awaited call does that, or
    /// <see cref="DataIntensiveServiceProviderExtensions.OpenDataIntensiveAsync"/>.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Says where the database is and what it holds.</param>
    /// <remarks><see cref="Database"/> itself can be resolved once it is open; <see cref="DatabaseAccessor"/> at any time.</remarks>
    public static IServiceCollection AddDataIntensive(this IServiceCollection services, Action<DataIntensiveBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        DataIntensiveBuilder builder = new(services, databaseKey: null);
        configure(builder);
        services.AddSingleton(provider => new DatabaseAccessor(cancellationToken => builder.OpenAsync(provider, cancellationToken)));

        // A singleton too: a container disposes a transient with the scope that asked for it. Asking too early throws and is not kept.
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseAccessor>().Opened());
        return services;
    }

    /// <summary>
    /// Registers one of several databases under a key. Its parts are keyed by <c>key/name</c>, those without a name by <c>key</c>.
    /// </summary>
    /// <inheritdoc cref="AddDataIntensive"/>
    public static IServiceCollection AddKeyedDataIntensive(this IServiceCollection services, string key, Action<DataIntensiveBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(configure);
        DataIntensiveBuilder builder = new(services, key);
        configure(builder);
        services.AddKeyedSingleton(key, (provider, _) => new DatabaseAccessor(cancellationToken => builder.OpenAsync(provider, cancellationToken)));
        services.AddKeyedSingleton(key, (provider, _) => provider.GetRequiredKeyedService<DatabaseAccessor>(key).Opened());
        return services;
    }
}
