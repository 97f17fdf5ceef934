namespace DataIntensive.Tests.Events;

public abstract partial class EventStoreContract
{
    [Theory]
    [InlineData("any")]
    [InlineData("none")]
    [InlineData("0")]
    public async Task Append_OfTheSameBatchAgain_GivesItsOldPlacesAndWritesNothing(string expected)
    {
        await Store.AppendAsync("other", [new Counted(0, 0)], Stop);
        AppendResult first = await Store.AppendAsync("a", Parse(expected), WithIds(1, 2, 3), Stop);
        await Store.AppendAsync("a", [new Counted(0, 4)], Stop);

        AppendResult again = await Store.AppendAsync("a", Parse(expected), WithIds(1, 2, 3), Stop);

        again.Should().Be(first with { IsDuplicate = true });
        again.Position.Value.Should().Be(4);
        (await Store.HeadAsync(Stop)).Value.Should().Be(5);
    }

    [Fact]
    public async Task Append_OfAPartAgain_AtItsPlaceIsRepeated_AndElsewhereAConflict()
    {
        await Store.AppendAsync("a", ExpectedVersion.None, WithIds(1, 2, 3, 4), Stop);

        AppendResult part = await Store.AppendAsync("a", ExpectedVersion.Exactly(1), WithIds(2, 3), Stop);
        (part.Succeeded, part.IsDuplicate, part.Version, part.Position.Value).Should().Be((true, true, 3, 3));

        (await Conflict(ExpectedVersion.Exactly(2), 2, 3)).Should().Be(AppendConflictKind.Version);
        (await Conflict(ExpectedVersion.None, 2, 3)).Should().Be(AppendConflictKind.Version);
        (await Conflict(ExpectedVersion.Exactly(2), 3, 4, 5)).Should().Be(AppendConflictKind.EventIds, "it overlaps and goes on");
        (await Conflict(ExpectedVersion.Any, 4, 5)).Should().Be(AppendConflictKind.EventIds);
        (await Conflict(ExpectedVersion.Any, 3, 2)).Should().Be(AppendConflictKind.EventIds, "the order is another");
        (await Conflict(ExpectedVersion.Any, 1, 3)).Should().Be(AppendConflictKind.EventIds, "one is left out");
        (await Store.HeadAsync(Stop)).Value.Should().Be(4);

        async Task<AppendConflictKind> Conflict(ExpectedVersion expected, params int[] ids) =>
            (await Store.AppendAsync("a", expected, WithIds(ids), Stop)).Conflicts.Single().Kind;
    }

    [Fact]
    public async Task Append_OfAStoredIdAtTheCurrentVersion_IsRepeated_AndInAnotherStreamNew()
    {
        await Store.AppendAsync("a", ExpectedVersion.None, WithIds(1, 2), Stop);

        AppendResult again = await Store.AppendAsync("a", ExpectedVersion.Exactly(2), WithIds(1), Stop);
        AppendResult other = await Store.AppendAsync("b", ExpectedVersion.None, WithIds(1), Stop);
        AppendResult tenant = await Store.ForTenant("t").AppendAsync("a", ExpectedVersion.None, WithIds(1), Stop);

        (again.IsDuplicate, again.Version, again.Position.Value).Should().Be((true, 1, 1));
        (other.IsDuplicate, other.Position.Value).Should().Be((false, 3));
        (tenant.IsDuplicate, tenant.Position.Value).Should().Be((false, 4));
        (await Store.ReadStreamAsync("a", cancellationToken: Stop).Select(e => e.Id).ToListAsync(Stop)).Should().Equal(IdOf(1), IdOf(2));
    }

    [Fact]
    public async Task Append_WithOneIdTwice_IsRefusedBeforeAnythingIsWritten()
    {
        await Store.Awaiting(store => store.AppendAsync("a", WithIds(1, 2, 1), Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
        await Store.Awaiting(store => store.AppendAsync(new EventBatch().Append("a", ExpectedVersion.Any, WithIds(1)).Append("a", ExpectedVersion.Any, WithIds(1)), Stop).AsTask())
            .Should().ThrowAsync<ArgumentException>();

        await ExpectNothingAndThenTheFirst();
        (await Store.AppendAsync(new EventBatch().Append("b", ExpectedVersion.Any, WithIds(1)).Append("c", ExpectedVersion.Any, WithIds(1)), Stop)).Position.Value.Should().Be(3);
        FluentActions.Invoking(() => new EventData(new Counted(0, 0)) { Id = Guid.Empty }).Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task Append_OverStreamsAgain_IsRepeatedAsAWhole_WhateverElseItAskedFor()
    {
        EventBatch batch = new EventBatch()
            .Append("a", ExpectedVersion.None, WithIds(1))
            .Check("c", ExpectedVersion.None)
            .Append("b", ExpectedVersion.Any, WithIds(1, 2))
            .Unless(EventQuery.InStream("a"));
        await Store.AppendAsync(batch, Stop);
        await Store.AppendAsync("c", [new Counted(0, 0)], Stop);

        AppendResult again = await Store.AppendAsync(batch, Stop);
        AppendResult half = await Store.AppendAsync(new EventBatch().Append("a", ExpectedVersion.Any, WithIds(1)).Append("b", ExpectedVersion.Any, WithIds(3)), Stop);

        (again.IsDuplicate, again.Version, again.Position.Value).Should().Be((true, 1, 3));
        half.Conflicts.Should().OnlyContain(conflict => conflict.Kind == AppendConflictKind.EventIds).And.NotBeEmpty();
        (await Store.HeadAsync(Stop)).Value.Should().Be(4);
    }

    [Fact]
    public async Task Append_ByRacersWithTheSameIds_StoresOneOfThem()
    {
        for (int round = 0; round < 30; round++)
        {
            AppendResult[] results = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
                await Store.AppendAsync("a", WithIds((round * 2) + 1, (round * 2) + 2), Stop))));

            results.Count(result => result is { Succeeded: true, IsDuplicate: false }).Should().Be(1);
            results.Should().OnlyContain(result => result.Succeeded && result.Version == (round + 1) * 2 && result.Position.Value == (round + 1) * 2);
        }

        (await Store.HeadAsync(Stop)).Value.Should().Be(60);
    }

    [Fact]
    public async Task Append_OfAnIdOlderThanTheHorizon_CountsAsNew()
    {
        // Of the newest 8 events of this store ids are remembered.
        await Small.AppendAsync("a", WithIds(1), Stop);
        await Small.AppendAsync("a", WithIds(2), Stop);
        for (int i = 0; i < 7; i++)
        {
            await Small.AppendAsync("b", [new Counted(0, i)], Stop);
        }

        (await Small.AppendAsync("a", WithIds(2), Stop)).IsDuplicate.Should().BeTrue();
        AppendResult forgotten = await Small.AppendAsync("a", WithIds(1), Stop);
        (forgotten.IsDuplicate, forgotten.Version).Should().Be((false, 3));
    }

    [Fact]
    public async Task Transact_WithIdsThatWereStoredMeanwhile_ConflictsAndThenIsRepeated()
    {
        int attempts = 0;
        AppendResult result = await Database.TransactAsync(async transaction =>
        {
            attempts++;
            AppendResult appended = Store.In(transaction).Append("a", ExpectedVersion.Any, WithIds(1, 2));
            Database.Store<string, int>("before").In(transaction).Write("k", attempts);
            if (attempts == 1)
            {
                await Store.AppendAsync("a", WithIds(1, 2), Stop);
            }

            return appended;
        }, cancellationToken: Stop);

        (attempts, result.IsDuplicate, result.Version).Should().Be((2, true, 2));
        (await Store.HeadAsync(Stop)).Value.Should().Be(2);
    }

    protected static Guid IdOf(int number) => new(number, 7, 7, 1, 2, 3, 4, 5, 6, 7, 8);

    private static EventData[] WithIds(params int[] numbers) => [.. numbers.Select(number => new EventData(new Counted(0, number)) { Id = IdOf(number) })];
}
