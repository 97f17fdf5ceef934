namespace DataIntensive.Tests.Changes;

public sealed class MemoryTableTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AFullLogInMemory_RefusesChanges_InsteadOfDroppingThoseThatNobodyHasRead()
    {
        await using Database database = Database.InMemory(new DatabaseSchema().AddTable<int, byte[]>("blobs"), new DatabaseOptions { MemoryLogBytes = 64 * 1024 });
        DatabaseChangeProducer<int, byte[]> blobs = database.Changes<int, byte[]>("blobs");
        int written = 0;
        Func<Task> fill = async () =>
        {
            for (; written < 1000; written++)
            {
                await blobs.InsertAsync(written, new byte[1024], Stop);
            }
        };

        await fill.Should().ThrowAsync<LogFullException>();

        written.Should().BeGreaterThan(10);
        (await database.ChangeSource().ReadAsync(options: new ChangeReadOptions { Follow = false }, cancellationToken: Stop).SelectMany(next => next.Changes).CountAsync(Stop))
            .Should().Be(written);
    }

    [Fact]
    public async Task ARowThatItsCodecCannotRead_IsNamed()
    {
        await using Database database = Database.InMemory(new DatabaseSchema().AddTable<int, int>("numbers", rows: new Unreadable()));
        ChangePosition written = await database.Changes<int, int>("numbers").InsertAsync(1, 2, Stop);

        await FluentActions.Awaiting(() => database.ChangeSource().ReadAsync(cancellationToken: Stop).FirstAsync(next => next.Changes.Count > 0, Stop).AsTask())
            .Should().ThrowAsync<InvalidDataException>().WithMessage($"*position {written.Commit}*'numbers'*");
    }

    private sealed class Unreadable : ICodec<int>
    {
        public string Name => "unreadable";

        public byte Version => 1;

        public void Write(int value, System.Buffers.IBufferWriter<byte> destination)
        {
        }

        public int Read(ReadOnlySpan<byte> source, byte version) => throw new FormatException("no");
    }
}
