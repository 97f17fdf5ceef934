namespace DataIntensive.Logs;

/// <summary>Tells whether a record is still needed.</summary>
/// <param name="record">The record; its body is valid during the call.</param>
/// <returns>False when nobody will miss it, now or later.</returns>
public delegate bool LogLiveness(in LogRecord record);
