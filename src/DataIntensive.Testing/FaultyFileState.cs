namespace DataIntensive.Testing;

// One file, whatever it is called: what is read (the page cache), what is durable, and what lies between the two.
internal sealed class FaultyFileState(string name)
{
    private ByteImage _cache = new();
    private ByteImage _disk = new();
    private SectorMap _written = new();
    private List<UnsyncedChange> _unsynced = [];

    // As it was created: for messages.
    public string Name => name;

    public long Length => _cache.Length;

    public long UsedBytes => _written.UsedBytes;

    public IReadOnlyList<UnsyncedChange> Unsynced => _unsynced;

    public long LastChange { get; private set; }

    public int Read(long offset, Span<byte> destination) => _cache.Read(offset, destination);

    // How many of these bytes find room when that much is free.
    public int Fitting(long offset, int count, long freeBytes)
    {
        int fits = 0;
        while (fits < count)
        {
            long sector = (offset + fits) / SectorMap.SectorBytes;
            if (!_written.Contains(sector) && (freeBytes -= SectorMap.SectorBytes) < 0)
            {
                break;
            }

            fits = (int)Math.Min(count, ((sector + 1) * SectorMap.SectorBytes) - offset);
        }

        return fits;
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        if (source.Length > 0)
        {
            _written.Add(offset, source.Length);
            Change(new UnsyncedChange(++LastChange, offset, source.ToArray()));
        }
    }

    // What more a longer file takes.
    public long NewBytes(long length)
    {
        long sectors = 0;
        for (long sector = _cache.Bytes.Length / SectorMap.SectorBytes; sector * SectorMap.SectorBytes < length; sector++)
        {
            sectors += _written.Contains(sector) ? 0 : 1;
        }

        return sectors * SectorMap.SectorBytes;
    }

    public void SetLength(long length, bool takesSpace)
    {
        long before = _cache.Bytes.Length;
        if (takesSpace && length > before)
        {
            _written.Add(before, checked((int)(length - before)));
        }

        _written.CutTo(length);
        Change(new UnsyncedChange(++LastChange, length, null));
    }

    // Only what was there when the flush began: a later write may have come too late for it.
    public void Flush(long lastChange)
    {
        foreach (UnsyncedChange change in TakeUnsynced(lastChange))
        {
            change.ApplyTo(_disk);
        }
    }

    // Some of it may have reached the disk. None of it is written by any later flush.
    public void FailFlush(long lastChange, ref SeededChoices choices)
    {
        PowerCutReport unused = default;
        ApplySome(_disk, TakeUnsynced(lastChange), ref choices, ref unused);
    }

    public bool Damage(Func<byte[], byte[]> damage)
    {
        byte[] damaged = damage(_cache.Bytes.ToArray());
        bool changed = !_cache.Bytes.SequenceEqual(damaged);
        if (!_disk.Bytes.SequenceEqual(_cache.Bytes))
        {
            _disk.Replace(damage(_disk.Bytes.ToArray()));
            _cache.Replace(damaged);
        }
        else
        {
            _cache.Replace(damaged);
            _disk = _cache.Copy();
        }

        return changed;
    }

    public FaultyFileState Copy() => new(name)
    {
        _cache = _cache.Copy(),
        _disk = _disk.Copy(),
        _written = _written.Copy(),
        _unsynced = [.. _unsynced],
        LastChange = LastChange,
    };

    public FaultyFileState AfterPowerCut(ref SeededChoices choices, ref PowerCutReport report)
    {
        ByteImage disk = _disk.Copy();
        ApplySome(disk, _unsynced, ref choices, ref report);
        return OnDisk(disk);
    }

    public FaultyFileState AfterPowerCut(IEnumerable<UnsyncedChange> kept)
    {
        ByteImage disk = _disk.Copy();
        foreach (UnsyncedChange change in kept)
        {
            change.ApplyTo(disk);
        }

        return OnDisk(disk);
    }

    private static void ApplySome(ByteImage disk, IReadOnlyList<UnsyncedChange> changes, ref SeededChoices choices, ref PowerCutReport report)
    {
        UnsyncedChange[] pieces = [.. changes.SelectMany(change => change.Split(SectorMap.SectorBytes))];
        choices.Shuffle(pieces.AsSpan());

        // Nothing and everything must both be seen: with a fair coin for each of many sectors they hardly ever would.
        int keptOf8 = choices.UpTo(4) switch { 0 => 0, 1 => 1, 2 => 4, 3 => 7, _ => 8 };
        foreach (UnsyncedChange piece in pieces)
        {
            if (choices.UpTo(7) >= keptOf8)
            {
                report = report with { Lost = report.Lost + 1 };
            }
            else if (piece.Bytes is { Length: > 1 } bytes && choices.UpTo(7) == 0)
            {
                Tear(disk, piece.Offset, bytes, ref choices);
                report = report with { Torn = report.Torn + 1 };
            }
            else
            {
                piece.ApplyTo(disk);
                report = report with { Kept = report.Kept + 1 };
            }
        }

        GrowPerhaps(disk, changes, ref choices);
    }

    private static void Tear(ByteImage disk, long offset, byte[] bytes, ref SeededChoices choices)
    {
        int at = 1 + choices.UpTo(bytes.Length - 2);
        if (choices.Coin())
        {
            disk.Write(offset, bytes.AsSpan(0, at));
        }
        else
        {
            disk.Write(offset + at, bytes.AsSpan(at));
        }
    }

    // A file system may record the new length before the bytes: then the end reads as zeros.
    private static void GrowPerhaps(ByteImage disk, IReadOnlyList<UnsyncedChange> changes, ref SeededChoices choices)
    {
        long longest = changes.Select(change => change.Offset + (change.Bytes?.Length ?? 0)).DefaultIfEmpty(0).Max();
        if (longest > disk.Length && choices.UpTo(3) == 0)
        {
            disk.SetLength(longest);
        }
    }

    private void Change(UnsyncedChange change)
    {
        _unsynced.Add(change);
        change.ApplyTo(_cache);
    }

    private List<UnsyncedChange> TakeUnsynced(long lastChange)
    {
        List<UnsyncedChange> taken = _unsynced.FindAll(change => change.Number <= lastChange);
        _unsynced.RemoveAll(change => change.Number <= lastChange);
        return taken;
    }

    private FaultyFileState OnDisk(ByteImage disk)
    {
        SectorMap written = _written.Copy();
        written.CutTo(disk.Length);
        return new FaultyFileState(name) { _disk = disk, _cache = disk.Copy(), _written = written, LastChange = LastChange };
    }
}
