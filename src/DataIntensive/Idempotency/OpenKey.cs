namespace DataIntensive.Idempotency;

// A key of a database that was claimed and not completed: it is running, or its run has not told how it ended, or has failed for now
// and left its steps. A value, so that readers need no lock.
internal sealed record OpenKey(long FencingToken, long ClaimedAt, IdempotencyFingerprint Fingerprint)
{
    private const int EntryBytes = 320;
    private const int StepBytes = 160;

    // Not released.
    public bool IsClaimed { get; init; } = true;

    public KeyProgress Progress { get; init; } = KeyProgress.None;

    // Of its first record, the claim of its first run, and of its newest one.
    public LogPosition First { get; init; }

    public LogPosition Newest { get; init; }

    public long SizeBytes
    {
        get
        {
            long size = EntryBytes;
            foreach (RecordedStep step in Progress.Steps)
            {
                size += StepBytes + (2 * step.Name.Length) + ((StoredResult)step.Result).Bytes.Length;
            }

            return size;
        }
    }

    public UnknownOutcome ToUnknown(IdempotencyKey key) =>
        new(key, FencingToken, new DateTimeOffset(ClaimedAt, TimeSpan.Zero), [.. Progress.Steps.Select(step => step.Name)]);
}
