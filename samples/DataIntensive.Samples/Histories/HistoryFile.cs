using DataIntensive.Testing;

namespace DataIntensive.Samples.Histories;

/// <summary>A history in a file, with the model that its operations go by.</summary>
internal static class HistoryFile
{
    public const string Register = "register";
    public const string KeyValue = "key-value";

    /// <exception cref="HistoryFormatException">A line cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static (History History, SequentialModel Model) Read(string file, string model)
    {
        using StreamReader first = File.OpenText(file);
        string? header = first.ReadLine()?.TrimEnd();
        using StreamReader reader = File.OpenText(file);

        // In the kit's own forms what is absent is nil; in the log of appends a key starts as an empty text.
        SequentialModel own = model == Register ? new CompareAndSetRegisterModel() : new KeyValueModel();
        return header switch
        {
            HistoryText.Header => (HistoryText.Read(reader), own),
            HistoryJson.Header => (HistoryJson.Read(reader), own),
            _ when model == Register => (RegisterLog.Read(reader), own),
            _ => (KeyValueLog.Read(reader), new KeyValueModel("")),
        };
    }
}
