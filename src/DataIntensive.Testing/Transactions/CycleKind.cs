namespace DataIntensive.Testing;

// Which edges may follow each other in a cycle. In the order of how bad it is.
internal enum CycleKind
{
    // Writes only.
    Writes,

    // Writes and reads.
    Dependencies,

    // One anti-dependency.
    OneAntiDependency,

    // No two anti-dependencies behind each other.
    Nonadjacent,

    // Anything.
    Any,
}
