using DataIntensive.Stores;

namespace DataIntensive.Tests.Stores;

public sealed class StoreVersionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(4095)]
    [InlineData(1_000_001)]
    [InlineData(int.MaxValue)]
    public void RecordBytes_AreKeptToAThousandth(int recordBytes)
    {
        StoreVersion<string> version = new("value", 1L << 46, recordBytes, tail: null);

        version.RecordBytes.Should().BeInRange(recordBytes - (recordBytes / 1000), recordBytes);
        version.Version.Should().Be(1L << 46);
        new StoreVersion<string>("value", 1, version.RecordBytes, tail: null).RecordBytes.Should().Be(version.RecordBytes, "a state snapshot keeps what it was kept as");
    }

    [Fact]
    public void At_APosition_GivesTheVersionThatCountedThere()
    {
        SlotCopy<StoreVersion<string>> newest = Chain((3, "three"), (5, "five"), (9, "nine"));

        ValuesAt(newest, 2, 3, 4, 5, 8, 9, 10).Should().Equal(null, "three", "three", "five", "five", "nine", "nine");
    }

    [Fact]
    public void ForgetOlderThan_AVersion_KeepsItAndWhatIsNewer()
    {
        SlotCopy<StoreVersion<string>> newest = Chain((3, "three"), (5, "five"), (9, "nine"));

        newest.Content.Tail!.ForgetOlderThan(4);
        ValuesAt(newest, 3).Should().Equal(["three"], "no version is of position 4");
        newest.Content.Tail!.ForgetOlderThan(5);
        ValuesAt(newest, 4, 5, 9).Should().Equal(null, "five", "nine");
    }

    [Fact]
    public void ForgetOlder_OfAVersionThatEndsByItself_KeepsItsDeadline()
    {
        StoreVersion<string> version = new("value", 2, recordBytes: 10, new VersionTail<string>(deadlineTicks: 77, Chain((3, "three"))));

        version.ForgetOlder();

        version.DeadlineTicks.Should().Be(77);
        version.Tail!.Older.Revision.Should().Be(0);
    }

    private static SlotCopy<StoreVersion<string>> Chain(params (long Revision, string Value)[] versions)
    {
        SlotCopy<StoreVersion<string>> newest = default;
        for (int i = 0; i < versions.Length; i++)
        {
            VersionTail<string>? tail = i == 0 ? null : new VersionTail<string>(deadlineTicks: 0, newest);
            newest = new SlotCopy<StoreVersion<string>>(versions[i].Revision, new StoreVersion<string>(versions[i].Value, i + 1, recordBytes: 10, tail));
        }

        return newest;
    }

    private static IEnumerable<string?> ValuesAt(SlotCopy<StoreVersion<string>> newest, params long[] positions) =>
        positions.Select(position => StoreVersion<string>.At(newest, position).Content.Value);
}
