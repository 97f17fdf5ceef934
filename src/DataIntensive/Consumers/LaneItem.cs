namespace DataIntensive.Consumers;

internal abstract class LaneItem(string key)
{
    public string Key => key;

    // The next one of its key.
    public LaneItem? Next { get; set; }

    public bool IsDone { get; set; }
}
