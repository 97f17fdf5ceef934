namespace DataIntensive;

/// <summary>What a call gets when as many commits are under way as may.</summary>
public enum BusyPolicy
{
    /// <summary>It waits its turn. The default.</summary>
    Wait,

    /// <summary>It fails at once with <see cref="DatabaseBusyException"/>.</summary>
    Refuse,
}
