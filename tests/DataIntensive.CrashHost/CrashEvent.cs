namespace DataIntensive.CrashHost;

internal sealed record CrashEvent(int Writer, long Sequence, int Index, string Body);
