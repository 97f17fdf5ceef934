namespace DataIntensive.Transactions;

// What a block of a state snapshot holds. The numbers are stored.
internal enum StateSnapshotBlock
{
    // What the database knows of itself: the first block.
    Database = 1,

    // A state follows: whose, and in which form.
    State = 2,

    // Entries of the state before it.
    Entries = 3,

    // The last block.
    End = 4,
}
