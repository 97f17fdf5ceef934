namespace DataIntensive.Testing;

// What a search asks of an operation.
internal enum Demand : byte
{
    // It takes effect between call and return, with its result.
    Strict,

    // Between call and return it takes effect with any result, or not at all.
    Loose,

    // It has no return yet: it takes effect with its result, or not at all.
    Pending,

    // As one of unknown outcome: at any time after its call with any result, or not at all.
    Free,
}
