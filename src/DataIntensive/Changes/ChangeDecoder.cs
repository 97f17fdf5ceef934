using DataIntensive.Logs;

namespace DataIntensive.Changes;

// Turns the records of one owner into changes.
internal abstract class ChangeDecoder(ChangeTable table)
{
    public ChangeTable Table => table;

    public abstract uint Tag { get; }

    public ChangeEvent Decode(in LogRecord record, int index)
    {
        try
        {
            return DecodeCore(record, new ChangePosition(default, index));
        }
        catch (Exception exception) when (exception is not DataIntensiveException)
        {
            throw new InvalidDataException($"The change at position {record.Position} of table '{table.Name}' cannot be read by its codecs.", exception);
        }
    }

    protected abstract ChangeEvent DecodeCore(in LogRecord record, ChangePosition position);
}
