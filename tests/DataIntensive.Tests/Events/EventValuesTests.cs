using DataIntensive.Events;

namespace DataIntensive.Tests.Events;

public sealed class EventValuesTests
{
    [Fact]
    public void StreamId_TakesUpTo512BytesOfUtf8()
    {
        new StreamId(new string('x', 512)).Value.Should().HaveLength(512);
        new StreamId("größe/東京.1").ToString().Should().Be("größe/東京.1");
        FluentActions.Invoking(() => new StreamId(new string('x', 513))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new StreamId(new string('ö', 257))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new StreamId("")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new StreamId(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => new StreamId("a\ud800")).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void StreamId_ComparesOrdinally()
    {
        StreamId lower = "a";
        StreamId upper = "A";

        (lower == upper).Should().BeFalse();
        (upper < lower).Should().BeTrue();
        (lower == new StreamId("a")).Should().BeTrue();
        StreamId.Parse("a").Should().Be(lower);
        StreamId.TryParse("", null, out _).Should().BeFalse();
        $"{lower}".Should().Be("a");
    }

    [Fact]
    public void StreamId_Default_SaysThatItNamesNoStream()
    {
        FluentActions.Invoking(() => default(StreamId).Value).Should().Throw<InvalidOperationException>();
        default(StreamId).ToString().Should().BeEmpty();
    }

    [Fact]
    public void EventPosition_ComparesAndParses()
    {
        EventPosition.Start.Should().Be(default(EventPosition));
        (new EventPosition(2) > new EventPosition(1)).Should().BeTrue();
        EventPosition.Parse("17").Should().Be(new EventPosition(17));
        EventPosition.TryParse("-1", null, out _).Should().BeFalse();
        $"{new EventPosition(17)}".Should().Be("17");
    }

    [Fact]
    public void ExpectedVersion_DefaultIsAny()
    {
        default(ExpectedVersion).Should().Be(ExpectedVersion.Any);
        ExpectedVersion.Exactly(0).Should().NotBe(ExpectedVersion.None);
        ExpectedVersion.Exactly(3).ToString().Should().Be("3");
        FluentActions.Invoking(() => ExpectedVersion.Exactly(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void LogPositionList_OfAnyLength_FindsEveryPlace()
    {
        LogPositionList list = new();
        for (long i = 0; i < 10_000; i++)
        {
            list.Append(new LogPosition((3 * i) + 2));
            if (i is < 70 or > 4_080 and < 4_110 or > 8_180 and < 8_200 or 9_999)
            {
                list.Count.Should().Be(i + 1);
                list[i].Should().Be(new LogPosition((3 * i) + 2));
                list[i / 2].Should().Be(new LogPosition((3 * (i / 2)) + 2));
                list.CountUpTo(new LogPosition(1)).Should().Be(0);
                list.CountUpTo(new LogPosition((3 * (i / 2)) + 2)).Should().Be((i / 2) + 1);
                list.CountUpTo(new LogPosition((3 * (i / 2)) + 1)).Should().Be(i / 2);
                list.CountUpTo(new LogPosition(long.MaxValue)).Should().Be(i + 1);
            }
        }
    }

    [Fact]
    public void LogPositionList_WithPlacesFarApart_KeepsThemWhole()
    {
        LogPositionList list = new();
        long[] positions = [.. Enumerable.Range(1, 9_000).Select(i => i < 4_000 ? i * 3L : i * 5_000_000L)];
        foreach (long position in positions)
        {
            list.Append(new LogPosition(position));
        }

        for (int i = 0; i < positions.Length; i += 7)
        {
            list[i].Value.Should().Be(positions[i]);
            list.CountUpTo(new LogPosition(positions[i])).Should().Be(i + 1);
            list.CountUpTo(new LogPosition(positions[i]), i / 2).Should().Be(i + 1);
        }

        list.Newest.Value.Should().Be(positions[^1]);
    }

    [Fact]
    public void LogPositionList_WhoseStepsGrow_KeepsWhatItHas()
    {
        LogPositionList list = new();
        List<long> positions = [];
        long position = 0;

        // Over three chunks, from one behind the other to further apart than four bytes can say, at every place of a chunk.
        foreach (int step in new[] { 1, 1, 2, 1, 70_000, 1, int.MaxValue, 1 })
        {
            for (int i = 0; i < 1_500; i++)
            {
                position += i == 700 ? step : Math.Min(step, 3);
                positions.Add(position);
                list.Append(new LogPosition(position));
                list[i].Value.Should().Be(positions[i]);
                list.Newest.Value.Should().Be(position);
            }
        }

        Enumerable.Range(0, positions.Count).Select(i => list[i].Value).Should().Equal(positions);
        for (int i = 0; i < positions.Count; i += 13)
        {
            list.CountUpTo(new LogPosition(positions[i])).Should().Be(i + 1);
            list.CountUpTo(new LogPosition(positions[i] - 1)).Should().Be(i == 0 || positions[i - 1] < positions[i] - 1 ? i : positions.IndexOf(positions[i] - 1) + 1);
        }
    }

    [Fact]
    public void ArchivedPositions_OfAListThatGrows_AreThoseThatWereAskedFor()
    {
        LogPositionList list = new();
        for (int i = 1; i <= 9; i++)
        {
            list.Append(new LogPosition(i * 100));
        }

        ArchivedPositions archived = ArchivedPositions.Of(list, 7);
        archived.Count.Should().Be(7);
        archived.Newest.Value.Should().Be(700);
        LogPositionList read = archived.Read();
        Enumerable.Range(0, (int)read.Count).Select(i => read[i].Value).Should().Equal(100, 200, 300, 400, 500, 600, 700);
    }

    // An event stands in five lists: even where all its neighbours are far away, it takes less than the 48 bytes that are promised.
    [Theory]
    [InlineData(1, 0.2)]
    [InlineData(3, 2.4)]
    [InlineData(15, 2.4)]
    [InlineData(1_000, 4.5)]
    [InlineData(5_000_000, 8.7)]
    public void LogPositionList_TakesAFewBytesAPlace(int step, double bytes)
    {
        const int Places = 400_000;
        LogPositionList list = new();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i <= Places; i++)
        {
            list.Append(new LogPosition((long)i * step));
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan((long)(bytes * Places));
    }
}
