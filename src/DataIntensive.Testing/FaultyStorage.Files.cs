namespace DataIntensive.Testing;

// What open files ask for.
public sealed partial class FaultyStorage
{
    private static int DiskFullError => OperatingSystem.IsWindows() ? unchecked((int)0x8007_0070) : 28;

    internal long LengthOf(FaultyFileState file)
    {
        lock (_gate)
        {
            ThrowIfCrashed_NeedsLock();
            return file.Length;
        }
    }

    internal int Read(FaultyFileState file, long offset, Span<byte> destination)
    {
        lock (_gate)
        {
            ThrowIfCrashed_NeedsLock();
            return file.Read(offset, destination);
        }
    }

    internal void Write(FaultyFileState file, long offset, ReadOnlySpan<byte> source)
    {
        lock (_gate)
        {
            bool crashes = Count_NeedsLock(ref _writes);
            bool fails = _failNextWrite || _writes == _options.FailWriteAt;
            int fits = _capacityBytes is { } capacity ? file.Fitting(offset, source.Length, capacity - UsedBytes) : source.Length;
            int written = crashes || fails ? Math.Min(fits, Choices_NeedsLock().UpTo(source.Length)) : fits;
            file.Write(offset, source[..written]);
            ThrowIfDue_NeedsLock(crashes, "writing", file.Name);
            if (fails)
            {
                _failNextWrite = false;
                _failedWrites++;
                throw new IOException($"Writing '{file.Name}' failed, as the test asked (seed {_options.Seed}).", InputOutputError);
            }

            if (fits < source.Length)
            {
                ThrowFull_NeedsLock(file.Name);
            }
        }
    }

    internal void SetLength(FaultyFileState file, long length)
    {
        lock (_gate)
        {
            bool crashes = Count_NeedsLock(ref _lengthChanges);
            if (!crashes && !_options.IsSparse && _capacityBytes is { } capacity && file.NewBytes(length) > capacity - UsedBytes)
            {
                ThrowFull_NeedsLock(file.Name);
            }

            if (!crashes || Choices_NeedsLock().Coin())
            {
                file.SetLength(length, !_options.IsSparse);
            }

            ThrowIfDue_NeedsLock(crashes, "changing the length of", file.Name);
        }
    }

    internal void Flush(FaultyFileState file)
    {
        bool fails;
        long lastChange;
        SeededChoices choices;
        lock (_gate)
        {
            bool crashes = Count_NeedsLock(ref _flushes);
            ThrowIfDue_NeedsLock(crashes, "flushing", file.Name);
            fails = _failNextFlush || _flushes == _options.FailFlushAt;
            _failNextFlush = false;
            lastChange = file.LastChange;
            choices = Choices_NeedsLock();
        }

        // Without the lock: others read, write and crash while a disk is slow.
        BeSlow(file.Name);
        lock (_gate)
        {
            ThrowIfCrashed_NeedsLock();
            if (!fails)
            {
                file.Flush(lastChange);
                return;
            }

            _failedFlushes++;
            file.FailFlush(lastChange, ref choices);
            throw new IOException($"Flushing '{file.Name}' failed, as the test asked (seed {_options.Seed}).", InputOutputError);
        }
    }

    private void ThrowFull_NeedsLock(string name)
    {
        _refusedForSpace++;
        throw new IOException($"No space left on device: '{name}' ({_capacityBytes} bytes, seed {_options.Seed}).", DiskFullError);
    }

    private void BeSlow(string name)
    {
        _options.BeforeFlush?.Invoke(name);
        if (_options.FlushDelay > TimeSpan.Zero)
        {
            using ManualResetEventSlim over = new();
            using ITimer timer = _options.TimeProvider.CreateTimer(static state => ((ManualResetEventSlim)state!).Set(), over, _options.FlushDelay, Timeout.InfiniteTimeSpan);
            over.Wait();
        }
    }

    // True when this is the operation to crash at.
    private bool Count_NeedsLock(ref long counter)
    {
        ThrowIfCrashed_NeedsLock();
        counter++;
        return ++_operations == _options.CrashAtOperation;
    }

    private SeededChoices Choices_NeedsLock() => new(_options.Seed, _operations);

    private void ThrowIfDue_NeedsLock(bool crashes, string doing, string name)
    {
        if (crashes)
        {
            _crash = new SimulatedCrashException($"The storage crashed at operation {_operations}, {doing} '{name}', as the test asked (seed {_options.Seed}).", _operations);
            throw _crash;
        }
    }

    private void ThrowIfCrashed_NeedsLock()
    {
        if (_crash is { } crash)
        {
            // A new one each time: an exception that several threads throw would mix their traces.
            throw new SimulatedCrashException(crash.Message, crash.Operation);
        }
    }
}
