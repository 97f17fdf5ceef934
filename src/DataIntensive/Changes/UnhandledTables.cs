namespace DataIntensive;

/// <summary>What a consumer does about a change of a table that it has no handler for.</summary>
public enum UnhandledTables
{
    /// <summary>It passes the change over. The default.</summary>
    Ignore,

    /// <summary>It stops before the change, with a <see cref="ChangeHandlerException"/>.</summary>
    Fail,
}
