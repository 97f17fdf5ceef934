namespace DataIntensive.Testing;

internal enum HistoryEventKind
{
    Call,
    Return,
    Unknown,
}
