namespace DataIntensive.Events;

// Tells what a handler threw from what a commit did.
internal sealed class HandlerFailure(RecordedEvent recorded, Exception cause) : Exception(cause.Message, cause)
{
    public RecordedEvent Event => recorded;
}
