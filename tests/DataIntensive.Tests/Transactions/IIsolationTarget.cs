namespace DataIntensive.Tests.Transactions;

/// <summary>What the steps of a case read and write: a transaction of a database, or a model that runs one after the other.</summary>
internal interface IIsolationTarget
{
    int? Read(int key);

    IEnumerable<KeyValuePair<int, int>> ReadAll();

    void Write(int key, int value);

    void Delete(int key);
}
