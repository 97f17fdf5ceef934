using System.Diagnostics;

namespace DataIntensive.Tests.Events;

public abstract partial class EventStoreContract
{
    [Fact]
    public async Task ReadStream_OfAnUnknownOne_IsEmptyAndSaysSo()
    {
        await Store.AppendAsync("a", [new Deposited(1)], Stop);
        StreamReading unknown = Store.ReadStreamAsync("b", cancellationToken: Stop);

        (await unknown.CountAsync(Stop)).Should().Be(0);
        (await unknown.GetInfoAsync(Stop)).Should().Be(new StreamInfo(StreamStatus.Absent, 0, 1));
        (await Store.ReadStreamAsync("a", cancellationToken: Stop).GetInfoAsync(Stop)).Should().Be(new StreamInfo(StreamStatus.Live, 1, 1));
    }

    [Fact]
    public async Task ReadStream_IsFixedWhenItIsFirstAsked()
    {
        await Store.AppendAsync("a", [new Counted(0, 1)], Stop);
        StreamReading reading = Store.ReadStreamAsync("a", cancellationToken: Stop);
        await Store.AppendAsync("a", [new Counted(0, 2)], Stop);
        (await reading.GetInfoAsync(Stop)).Version.Should().Be(2);
        await Store.AppendAsync("a", [new Counted(0, 3)], Stop);

        (await reading.CountAsync(Stop)).Should().Be(2);
        (await reading.CountAsync(Stop)).Should().Be(2, "it can be walked again");
    }

    [Theory]
    [InlineData(null, null, false, "1 2 3 4 5")]
    [InlineData(null, null, true, "5 4 3 2 1")]
    [InlineData(2, 2, false, "2 3")]
    [InlineData(3, null, true, "3 2 1")]
    [InlineData(9, 2, true, "5 4")]
    [InlineData(6, null, false, "")]
    [InlineData(null, 1, true, "5")]
    public async Task Read_InBothDirectionsFromAnyPlace_GivesThatWindow(int? from, int? count, bool backward, string expected)
    {
        await AppendFiveToTwo();
        long max = count ?? long.MaxValue;

        List<string> stream = await Store.ReadStreamAsync("a", new EventReadOptions { FromVersion = from, MaxCount = max, Backward = backward }, Stop).Select(e => $"{e.Version}").ToListAsync(Stop);
        List<string> byPosition = await Store.ReadStreamAsync("a", new EventReadOptions { From = from is { } version ? new EventPosition((version * 2) - 1) : null, MaxCount = max, Backward = backward }, Stop).Select(e => $"{e.Version}").ToListAsync(Stop);
        List<string> query = await Store.ReadAsync(EventQuery.InStream("a"), new EventReadOptions { From = from is { } place ? new EventPosition((place * 2) - 1) : null, MaxCount = max, Backward = backward }, Stop).Select(e => $"{e.Version}").ToListAsync(Stop);

        string.Join(" ", stream).Should().Be(expected);
        string.Join(" ", byPosition).Should().Be(expected);
        string.Join(" ", query).Should().Be(expected);
    }

    [Fact]
    public void Read_OfWhatCannotBe_IsRefused()
    {
        FluentActions.Invoking(() => new EventReadOptions { MaxCount = 0 }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new EventReadOptions { FromVersion = 0 }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new EventReadOptions { AsOfVersion = -1 }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new EventReadOptions { AsOf = new EventPosition(-1) }).Should().Throw<ArgumentOutOfRangeException>();
        Store.Invoking(store => store.ReadAsync(EventQuery.All, new EventReadOptions { FromVersion = 1 }, Stop)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => EventQuery.Of()).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => EventQuery.Of(new EventQueryItem())).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => EventQuery.Tagged(default(EventTag))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new EventBatch().Unless(EventQuery.All)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new EventTag("", "x")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new EventTag(new string('x', 257))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task Read_AsOf_GivesWhatWasThereThen()
    {
        DateTimeOffset start = Time.Now;
        for (int i = 1; i <= 5; i++)
        {
            // Two commits at each of three times, and once the clock goes back.
            Time.Now = start.AddHours(i == 4 ? 1 : i);
            await Store.AppendAsync("a", [new Counted(0, i)], Stop);
            await Store.AppendAsync("b", [new Counted(1, i)], Stop);
        }

        (await Versions(new EventReadOptions { AsOfVersion = 0 })).Should().BeEmpty();
        (await Versions(new EventReadOptions { AsOfVersion = 2 })).Should().Equal(1, 2);
        (await Versions(new EventReadOptions { AsOf = new EventPosition(4) })).Should().Equal(1, 2);
        (await Versions(new EventReadOptions { AsOf = EventPosition.Start })).Should().BeEmpty();
        (await Versions(new EventReadOptions { AsOf = new EventPosition(99), Backward = true })).Should().Equal(5, 4, 3, 2, 1);
        (await Versions(new EventReadOptions { AsOfTime = start })).Should().BeEmpty();
        (await Versions(new EventReadOptions { AsOfTime = start.AddMinutes(90) })).Should().Equal(1);
        (await Versions(new EventReadOptions { AsOfTime = start.AddHours(3) })).Should().Equal(1, 2, 3, 4);
        (await Versions(new EventReadOptions { AsOfTime = start.AddHours(3) - TimeSpan.FromTicks(1) })).Should().Equal(1, 2);
        (await Versions(new EventReadOptions { AsOfTime = DateTimeOffset.MaxValue })).Should().Equal(1, 2, 3, 4, 5);
        (await Versions(new EventReadOptions { AsOfTime = DateTimeOffset.MinValue })).Should().BeEmpty();
        (await Store.ReadAsync(EventQuery.All, new EventReadOptions { AsOfTime = start.AddHours(2), Backward = true, MaxCount = 2 }, Stop).Select(e => e.Position.Value).ToListAsync(Stop)).Should().Equal(4, 3);
        (await Store.ReadStreamAsync("a", new EventReadOptions { AsOfTime = start.AddHours(2) }, Stop).GetInfoAsync(Stop)).Version.Should().Be(2);
        (await Store.ReadStreamAsync("a", new EventReadOptions { AsOfVersion = 0 }, Stop).GetInfoAsync(Stop)).Exists.Should().BeFalse();

        async Task<List<long>> Versions(EventReadOptions options) => await Store.ReadStreamAsync("a", options, Stop).Select(e => e.Version).ToListAsync(Stop);
    }

    [Fact]
    public async Task Read_OfWhatGoesWithAnEvent_GivesItBack()
    {
        EventMetadata metadata = new()
        {
            CorrelationId = "größe/1",
            CausationId = "",
            Headers = new Dictionary<string, string> { ["a.b.c"] = "ü 東京 \U0001F600", ["empty"] = "", ["large"] = new string('x', 60_000) },
        };
        EventData data = new(new Deposited(5)) { Id = IdOf(1), Tags = ["course:c1", "größe:東京", new EventTag("course", "c1")], Metadata = metadata };
        await Store.AppendAsync("a", [data, new Deposited(6)], Stop);

        List<RecordedEvent> read = await Store.ReadStreamAsync("a", cancellationToken: Stop).ToListAsync(Stop);

        read[0].Should().BeEquivalentTo(new { Id = (Guid?)IdOf(1), Tenant = "", Data = new Deposited(5), SubIndex = 0 });
        read[0].Tags.Should().Equal("course:c1", "größe:東京");
        read[0].Metadata.Should().Be(metadata);
        read[1].Should().BeEquivalentTo(new { Id = (Guid?)null, Data = new Deposited(6) });
        read[1].Tags.Should().BeEmpty();
        read[1].Metadata.Should().BeSameAs(EventMetadata.Empty);
    }

    [Fact]
    public async Task Append_InASpan_StoresIt_AndWhatIsSaidComesFirst()
    {
        using Activity activity = new("test");
        activity.SetIdFormat(ActivityIdFormat.W3C).Start();
        await Store.AppendAsync("a", [new Counted(0, 1), new EventData(new Counted(0, 2)) { Metadata = new EventMetadata { CorrelationId = "mine" } }], Stop);
        await Store.AppendAsync(new EventBatch { Metadata = new EventMetadata { CausationId = "command-7", TraceParent = "none" } }.Append("a", ExpectedVersion.Any, new Counted(0, 3)), Stop);
        activity.Stop();
        await Store.AppendAsync("a", [new Counted(0, 4)], Stop);

        (await Store.ReadStreamAsync("a", cancellationToken: Stop).Select(e => (e.Metadata.CorrelationId, e.Metadata.CausationId, e.Metadata.TraceParent)).ToListAsync(Stop)).Should().Equal(
            (activity.TraceId.ToHexString(), null, activity.Id),
            ("mine", null, activity.Id),
            (activity.TraceId.ToHexString(), "command-7", "none"),
            (null, null, null));
    }

    private async Task AppendFiveToTwo()
    {
        for (int i = 1; i <= 5; i++)
        {
            await Store.AppendAsync("a", [new Counted(0, i)], Stop);
            await Store.AppendAsync("b", [new Counted(1, i)], Stop);
        }
    }
}
