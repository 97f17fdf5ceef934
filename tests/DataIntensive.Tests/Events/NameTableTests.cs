using System.Buffers;
using DataIntensive.Events;
using DataIntensive.Internal;

namespace DataIntensive.Tests.Events;

/// <summary>What is stored under a name is made once, when it is asked for, and is told once with all the others.</summary>
public sealed class NameTableTests
{
    private int _made;

    [Fact]
    public void Find_OfStoredNames_MakesEachOnce()
    {
        NameTable<Named> table = new((name, rest) => Make(name, rest));
        string[] names = Store(table, 5_000);
        table.Count.Should().Be(5_000);
        _made.Should().Be(0);
        for (int i = 0; i < names.Length; i += 3)
        {
            Named found = table.Find(names[i])!;
            found.Name.Should().Be(names[i]);
            found.Number.Should().Be(i);
            table.Find(System.Text.Encoding.UTF8.GetBytes(names[i])).Should().BeSameAs(found);
        }

        _made.Should().Be(1_667);
        table.Made.Should().HaveCount(1_667);
        table.Count.Should().Be(5_000);
        table.Find("nobody").Should().BeNull();
        table.Find("nobody"u8).Should().BeNull();
        table.Find(new string('x', 3_000)).Should().BeNull();
    }

    [Fact]
    public void Find_ByManyAtOnce_GivesAllTheSame()
    {
        NameTable<Named> table = new((name, rest) => Make(name, rest));
        string[] names = Store(table, 2_000);
        Named[][] found = new Named[4][];
        Parallel.For(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = found.Length }, i => found[i] = [.. names.Select(name => table.Find(name)!)]);
        for (int i = 1; i < found.Length; i++)
        {
            found[i].Should().Equal(found[0], ReferenceEquals);
        }

        table.Count.Should().Be(2_000);
    }

    [Fact]
    public void Enumerator_TellsEachOnce_MadeOrNot()
    {
        NameTable<Named> table = new((name, rest) => Make(name, rest));
        string[] names = Store(table, 300);
        Named made = table.Find(names[7])!;
        Named set = new(names[8], -1);
        table.Set(names[8], set);
        table.Set("new", new Named("new", -2));
        table.Count.Should().Be(301);

        Dictionary<string, Named> all = [];
        foreach ((string name, Named one) in table)
        {
            all.Add(name, one);

            // Made meanwhile: not told again.
            table.Find(names[all.Count % names.Length]);
        }

        all.Keys.Should().BeEquivalentTo([.. names, "new"]);
        all[names[7]].Should().BeSameAs(made);
        all[names[8]].Should().BeSameAs(set);
        table.Find(names[8]).Should().BeSameAs(set);
        table.Count.Should().Be(301);
    }

    // In blocks of some hundred, with names of all lengths.
    private static string[] Store(NameTable<Named> table, int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => $"{new string('ä', i % 40)}-{i}{(i % 1_000 == 0 ? new string('z', 600) : "")}")];
        table.Expect(count / 10);
        foreach (int[] some in Enumerable.Range(0, count).Chunk(300))
        {
            ArrayBufferWriter<byte> block = new();
            List<int> offsets = [];
            block.WriteVarint(77);
            foreach (int i in some)
            {
                offsets.Add(block.WrittenCount);
                block.WriteString(names[i]);
                block.WriteVarint((ulong)i);
            }

            // A block need not begin with its array.
            byte[] array = [1, 2, 3, .. block.WrittenSpan, 4];
            ArraySegment<byte> segment = new(array, 3, array.Length - 4);
            foreach ((int i, int offset) in some.Zip(offsets))
            {
                table.Store(segment, offset, System.Text.Encoding.UTF8.GetBytes(names[i]));
            }
        }

        return names;
    }

    private Named Make(string name, ArraySegment<byte> rest)
    {
        Interlocked.Increment(ref _made);
        SpanReader reader = new(rest);
        return new Named(name, (long)reader.ReadVarint());
    }

    private sealed record Named(string Name, long Number);
}
