using System.Buffers.Binary;
using CsCheck;
using DataIntensive.Idempotency;

namespace DataIntensive.Tests.Idempotency;

/// <summary>The table of keys beside a dictionary, with keys whose hashes collide, and under the hands of those who only look.</summary>
public sealed class KeyTableTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Table_DoesWhatADictionaryDoes()
    {
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 60]).Array[1, 300].Sample(steps =>
        {
            KeyTable table = new();
            Dictionary<IdempotencyKey, KeyEntry> model = [];
            foreach ((int step, int number) in steps)
            {
                IdempotencyKey key = KeyOf(number);
                KeyEntry? before = model.GetValueOrDefault(key);
                KeyEntry entry = EntryOf(key);
                switch (step)
                {
                    case 0:
                        table.GetOrAdd(entry).Should().BeSameAs(before ?? entry);
                        model.TryAdd(key, entry);
                        break;
                    case 1:
                        table.Set(entry).Should().BeSameAs(before);
                        model[key] = entry;
                        break;
                    case 2 when before is not null:
                        table.TryReplace(before, entry).Should().BeTrue();
                        model[key] = entry;
                        break;
                    case 3 when before is not null:
                        table.TryRemove(before).Should().BeTrue();
                        model.Remove(key);
                        break;
                    default:
                        table.TryRemove(entry).Should().BeFalse("another one stands there, or none");
                        table.TryReplace(entry, EntryOf(key)).Should().BeFalse();
                        break;
                }

                table.Count.Should().Be(model.Count);
                table.Find(key).Should().BeSameAs(model.GetValueOrDefault(key));
            }

            table.All().Should().BeEquivalentTo(model.Values);
            Enumerable.Range(0, 61).Should().OnlyContain(number => ReferenceEquals(table.Find(KeyOf(number)), model.GetValueOrDefault(KeyOf(number))));
        });
    }

    [Fact]
    public void Table_ThatKeepsChanging_StaysAsLargeAsWhatItHolds()
    {
        KeyTable table = new();
        Queue<KeyEntry> held = [];
        for (int number = 0; number < 100_000; number++)
        {
            KeyEntry entry = EntryOf(IdempotencyKey.Create("test", number));
            table.GetOrAdd(entry).Should().BeSameAs(entry);
            held.Enqueue(entry);
            if (held.Count > 100)
            {
                table.TryRemove(held.Dequeue()).Should().BeTrue();
            }
        }

        table.Count.Should().Be(100);
        table.Places.Should().BeLessThan(64 * 64);
        held.Should().OnlyContain(entry => ReferenceEquals(table.Find(entry.Key), entry));
    }

    [Fact]
    public async Task Find_WhileOthersComeAndGo_MissesNothingThatStays()
    {
        KeyTable table = new();
        KeyEntry[] staying = [.. Enumerable.Range(0, 60).Select(number => EntryOf(KeyOf(3 * number)))];
        foreach (KeyEntry entry in staying)
        {
            table.GetOrAdd(entry);
        }

        bool isDone = false;
        Task writer = Task.Run(
            () =>
            {
                for (int round = 0; round < 3000; round++)
                {
                    KeyEntry[] passing = [.. Enumerable.Range(0, 60).Select(number => EntryOf(KeyOf((3 * number) + 1 + (round % 2))))];
                    Array.ForEach(passing, entry => table.GetOrAdd(entry));
                    Array.ForEach(passing, entry => table.TryRemove(entry));
                }

                Volatile.Write(ref isDone, true);
            },
            Stop);
        int missed = 0;
        while (!Volatile.Read(ref isDone))
        {
            missed += staying.Count(entry => !ReferenceEquals(table.Find(entry.Key), entry));
            missed += staying.Except(table.All()).Count();
        }

        await writer;
        missed.Should().Be(0);
        table.Count.Should().Be(staying.Length);
    }

    // Of few hashes: three keys in a row have the same one, and all stand in one stripe.
    private static IdempotencyKey KeyOf(int number)
    {
        Span<byte> bytes = stackalloc byte[IdempotencyKey.SizeBytes];
        bytes[6] = (byte)(number / 3);
        BinaryPrimitives.WriteInt32BigEndian(bytes[28..], number + 1);
        return new IdempotencyKey(bytes);
    }

    private static PausedKey EntryOf(IdempotencyKey key) => new(KeyProgress.None) { Key = key };
}
