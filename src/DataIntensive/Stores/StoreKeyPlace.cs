namespace DataIntensive.Stores;

// A key in the order of keys, with its newest version.
internal sealed class StoreKeyPlace<TKey, TValue>
{
    private StoreVersionNode<TKey, TValue>? _newest;

    public StoreVersionNode<TKey, TValue>? Newest
    {
        get => Volatile.Read(ref _newest);
        set => Volatile.Write(ref _newest, value);
    }
}
