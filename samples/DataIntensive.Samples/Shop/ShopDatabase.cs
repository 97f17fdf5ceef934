using System.Security.Cryptography;

namespace DataIntensive.Samples.Shop;

/// <summary>The shop's folder: what it holds, whether it may be used for an input, and how far that was read.</summary>
internal sealed class ShopDatabase : IAsyncDisposable
{
    private const string InputKey = "input";
    private const string ReadUpToKey = "read-up-to";
    private const string EndKey = "end";

    private ShopDatabase(Database database)
    {
        Database = database;
        Events = database.Events();
        Keys = database.Idempotency();
        Stock = database.Store<string, long>("stock");
        Hours = database.Store<string, HourTotals>("hours");
        Totals = database.Store<string, long>("totals");
        Top = database.Store<string, List<ProductQuantity>>("top");
        Facts = database.Store<string, string>("shop");
    }

    public Database Database { get; }

    public DatabaseEventStore Events { get; }

    public DatabaseIdempotencyProcessor Keys { get; }

    public DatabaseStore<string, long> Stock { get; }

    public DatabaseStore<string, HourTotals> Hours { get; }

    public DatabaseStore<string, long> Totals { get; }

    public DatabaseStore<string, List<ProductQuantity>> Top { get; }

    /// <summary>The number of the last data row that is booked; all before it are booked or rejected.</summary>
    public int ReadUpTo => (int)Totals.Read(ReadUpToKey).Value;

    /// <summary>The position behind which no row comes any more; null while rows are missing.</summary>
    public LogPosition? End => Totals.Read(EndKey) is { Exists: true } end ? new LogPosition(end.Value) : null;

    private DatabaseStore<string, string> Facts { get; }

    private static DatabaseSchema Schema { get; } = new DatabaseSchema()
        .AddEvents(events => events.Map("line-sold", 1, ShopJson.Default.LineSold).Map("line-returned", 1, ShopJson.Default.LineReturned))
        .AddIdempotency()
        .AddStore<string, long>("stock")
        .AddStore<string, HourTotals>("hours", Codecs.Json("hour-totals", ShopJson.Default.HourTotals))
        .AddStore<string, long>("totals")
        .AddStore<string, List<ProductQuantity>>("top", Codecs.Json("top-products", ShopJson.Default.ListProductQuantity))
        .AddStore<string, string>("shop")
        .AddCheckpoints()
        .AddStreams();

    /// <exception cref="ShopInputException">The folder holds something else, or the shop of another input.</exception>
    public static async Task<ShopDatabase> OpenAsync(string folder, Stream input, CancellationToken cancellationToken)
    {
        string fingerprint = $"{input.Length} bytes, SHA-256 {Convert.ToHexStringLower(await SHA256.HashDataAsync(input, cancellationToken))}";
        input.Position = 0;
        await RefuseForeignFolderAsync(folder, cancellationToken);
        Database database = await Database.OpenAsync(folder, Schema, cancellationToken: cancellationToken);
        ShopDatabase shop = new(database);
        try
        {
            CompareAndSetResult<string> remembered = await shop.Facts.AddAsync(InputKey, fingerprint, cancellationToken);
            if (!remembered.Succeeded && remembered.Current.Value != fingerprint)
            {
                throw new ShopInputException($"'{folder}' belongs to another input ({remembered.Current.Value})");
            }

            return shop;
        }
        catch
        {
            await shop.DisposeAsync();
            throw;
        }
    }

    public void MarkRead(DatabaseTransaction transaction, int row) => Totals.In(transaction).Write(ReadUpToKey, row);

    public async Task<LogPosition> MarkEndAsync(CancellationToken cancellationToken)
    {
        LogPosition end = Database.Visible;
        await Totals.AddAsync(EndKey, end.Value, cancellationToken);
        return End!.Value;
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    // Looks before anything is written: opening with the shop's schema would declare it in somebody else's database.
    private static async Task RefuseForeignFolderAsync(string folder, CancellationToken cancellationToken)
    {
        if (File.Exists(folder))
        {
            throw new ShopInputException($"'{folder}' is a file, not a folder");
        }

        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            return;
        }

        string[] names = [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)!)];

        // A first run that was killed early may have left only some of the log's files.
        bool isDatabase = names.Any(name => name == "MANIFEST" || name.EndsWith(".seg", StringComparison.Ordinal)) || names is ["LOCK"];
        if (isDatabase)
        {
            await using Database probe = await Database.OpenAsync(folder, new DatabaseSchema(), cancellationToken: cancellationToken);
            isDatabase = probe.Visible == LogPosition.Start || probe.UnregisteredOwners.ContainsKey("store 'shop'");
        }

        if (!isDatabase)
        {
            throw new ShopInputException($"'{folder}' is not empty and holds no shop database");
        }
    }
}
