namespace DataIntensive.Testing;

// What is known about the list of one key: the longest read gives the order of the elements in it, by the steps that appended them.
internal sealed class ListKey
{
    // -1 for an element that nobody appended.
    public required int[] Appends { get; init; }

    public required int LongestRead { get; init; }

    // The places of the first element of a failed transaction, and of the first that nobody appended; past the end when there is none.
    public required int FirstAborted { get; init; }

    public required int FirstGarbage { get; init; }

    // Reads that cannot be put in this order.
    public required HashSet<int> Misfits { get; init; }
}
