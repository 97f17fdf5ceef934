namespace DataIntensive;

/// <summary>How two vector clocks stand to each other.</summary>
public enum CausalOrder
{
    /// <summary>Both have seen the same writes.</summary>
    Equal,

    /// <summary>The first has seen less: the second knows all of it, and more.</summary>
    Before,

    /// <summary>The first has seen more: it knows all of the second, and more.</summary>
    After,

    /// <summary>Each has seen writes that the other has not.</summary>
    Concurrent,
}
