namespace DataIntensive.Testing;

// What a transaction did with one register: what it read before any write of its own, from whom (-1: the initial state, or somebody
// unknown), and whether it left a version.
internal readonly record struct RegisterTouch(int Transaction, bool Reads, bool Writes, long? Read, int ReadFrom)
{
    public bool ReadsInitial => Reads && Read is null;
}
