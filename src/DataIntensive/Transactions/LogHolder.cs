namespace DataIntensive.Transactions;

// Who needs the log, and behind which position.
internal readonly record struct LogHolder(string Name, LogPosition After);
