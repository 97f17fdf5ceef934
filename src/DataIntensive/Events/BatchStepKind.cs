namespace DataIntensive.Events;

internal enum BatchStepKind : byte
{
    Append,
    Check,
    Mark,
}
