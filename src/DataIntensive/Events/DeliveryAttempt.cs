namespace DataIntensive.Events;

// One attempt at a delivery. What ends after it was given up does not count.
internal sealed class DeliveryAttempt
{
    private volatile bool _isGivenUp;

    public void GiveUp() => _isGivenUp = true;

    public void ThrowIfGivenUp()
    {
        if (_isGivenUp)
        {
            throw new OperationCanceledException("The handler took too long, and its event was given to another.");
        }
    }
}
