namespace DataIntensive.Testing;

/// <summary>Which orders outside the data a <see cref="TransactionAnomaly"/> needs to be a contradiction.</summary>
public enum OrderScope
{
    /// <summary>None: what was read and written contradicts itself. The default.</summary>
    None,

    /// <summary>The order in which each process called its transactions.</summary>
    Process,

    /// <summary>Real time: what returned before something else was called.</summary>
    Realtime,
}
