namespace DataIntensive.Events;

// What is said of a stream as a whole. The numbers are stored.
internal enum StreamMarking : byte
{
    Deleted = 1,
    Tombstoned = 2,
    Retained = 3,
    Archived = 4,
    Restored = 5,
}
