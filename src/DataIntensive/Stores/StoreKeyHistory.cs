namespace DataIntensive.Stores;

internal sealed class StoreKeyHistory<TValue>
{
    private StoreVersionNode<TValue>? _newest;

    public StoreVersionNode<TValue>? Newest
    {
        get => Volatile.Read(ref _newest);
        set => Volatile.Write(ref _newest, value);
    }

    public StoreVersionNode<TValue>? At(long position)
    {
        StoreVersionNode<TValue>? node = Newest;
        while (node is not null && node.Revision > position)
        {
            node = node.Previous;
        }

        return node;
    }
}
