namespace DataIntensive;

/// <summary>What a stream is like. The default is that of a stream which was never written.</summary>
/// <param name="Status">Whether it is there.</param>
/// <param name="Version">How many events were ever appended to it; it goes on counting after a delete.</param>
/// <param name="FirstVersion">The oldest version that can be read; one more than <paramref name="Version"/> when none can.</param>
public readonly record struct StreamInfo(StreamStatus Status, long Version, long FirstVersion)
{
    /// <summary>Whether it is there: written, and not deleted.</summary>
    public bool Exists => Status == StreamStatus.Live;
}
