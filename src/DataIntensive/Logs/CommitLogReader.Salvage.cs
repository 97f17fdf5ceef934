namespace DataIntensive.Logs;

internal sealed partial class CommitLogReader
{
    private SalvageScanner? _salvage;

    // The frame at the scanner's place is damaged: goes on with what is whole behind it in this segment, or else in the next.
    private void PassDamage()
    {
        _passedLoss = true;
        _salvage ??= new SalvageScanner(_scanner!, _segment!.Header.Salt);
        if (_salvage.TryRead(_segment!.End, Position.Value, out _, out FrameCursor frame, out _))
        {
            _places.Clear();
            _frame = frame;
        }
    }
}
