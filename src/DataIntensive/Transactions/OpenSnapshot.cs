namespace DataIntensive.Transactions;

// One transaction's hold on the versions at its position. In a list by the order of opening, which is also that of positions.
internal sealed class OpenSnapshot
{
    private volatile bool _isExpired;

    public LogPosition Position { get; set; }

    // By the clock's timestamps.
    public long OpenedAt { get; init; }

    // False for what ends by itself and must not be cut short.
    public bool Expires { get; init; } = true;

    // Set before anything that it held is given up: whoever reads first, and finds this false afterwards, has read what was there.
    public bool IsExpired
    {
        get => _isExpired;
        set => _isExpired = value;
    }

    public LinkedListNode<OpenSnapshot>? Node { get; set; }
}
