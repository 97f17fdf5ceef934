using System.Buffers;
using CsCheck;
using DataIntensive.Internal;

namespace DataIntensive.Tests.Causal;

public sealed class VectorClockTests
{
    private static readonly string[] Names = ["a", "b", "c", "host:8080", "ä😀"];
    private static readonly Gen<Dot> Dots = Gen.Select(Gen.Int[0, 4], Gen.Long[1, 4], (replica, counter) => new Dot(new ReplicaId(Names[replica]), counter));
    private static readonly Gen<VectorClock> Clocks = Dots.Array[0, 6].Select(dots => dots.Aggregate(VectorClock.Empty, (clock, dot) => clock.With(dot)));

    [Fact]
    public void Merge_IsCommutativeAssociativeAndIdempotent() =>
        Gen.Select(Clocks, Clocks, Clocks).Sample((a, b, c) =>
            a.Merge(b) == b.Merge(a)
            && a.Merge(b).Merge(c) == a.Merge(b.Merge(c))
            && a.Merge(a) == a
            && a.Merge(VectorClock.Empty) == a);

    [Fact]
    public void Merge_HasSeenExactlyWhatEitherHasSeen() =>
        Gen.Select(Clocks, Clocks, Dots).Sample((a, b, dot) => a.Merge(b).Contains(dot) == (a.Contains(dot) || b.Contains(dot)));

    [Fact]
    public void Compare_AgreesWithMergeDominatesAndEquality() =>
        Gen.Select(Clocks, Clocks).Sample((a, b) =>
        {
            VectorClock both = a.Merge(b);
            CausalOrder expected = (both == a, both == b) switch
            {
                (true, true) => CausalOrder.Equal,
                (true, false) => CausalOrder.After,
                (false, true) => CausalOrder.Before,
                _ => CausalOrder.Concurrent,
            };
            a.Compare(b).Should().Be(expected);
            a.Dominates(b).Should().Be(both == a);
            a.Equals(b).Should().Be(expected == CausalOrder.Equal);
            if (a == b)
            {
                a.GetHashCode().Should().Be(b.GetHashCode());
            }
        });

    [Fact]
    public void Increment_IsAfterAndCountsOneReplicaOnly() =>
        Gen.Select(Clocks, Dots).Sample((clock, dot) =>
        {
            VectorClock next = clock.Increment(dot.Replica);
            next.Compare(clock).Should().Be(CausalOrder.After);
            next[dot.Replica].Should().Be(clock[dot.Replica] + 1);
            next.Newest.Where(other => other.Replica != dot.Replica).Should().Equal(clock.Newest.Where(other => other.Replica != dot.Replica));
        });

    [Fact]
    public void Parse_OfItsText_GivesTheClock() =>
        Clocks.Sample(clock => VectorClock.Parse(clock.ToString()) == clock);

    [Fact]
    public void BinaryForm_ReadBack_GivesTheClock() =>
        Clocks.Sample(clock =>
        {
            ArrayBufferWriter<byte> bytes = new();
            clock.WriteTo(bytes);
            SpanReader reader = new(bytes.WrittenSpan);
            VectorClock back = VectorClock.ReadFrom(ref reader, []);
            return back == clock && reader.Rest.IsEmpty;
        });

    [Fact]
    public void Text_IsOrderedByReplicaOrdinally()
    {
        VectorClock clock = VectorClock.Parse("b:2,B:1,a:3");

        clock.ToString().Should().Be("B:1,a:3,b:2");
        clock.Newest.Should().Equal(new Dot(new ReplicaId("B"), 1), new Dot(new ReplicaId("a"), 3), new Dot(new ReplicaId("b"), 2));
        VectorClock.Empty.ToString().Should().BeEmpty();
        default(VectorClock).Should().Be(VectorClock.Empty);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a:0")]
    [InlineData("a:-1")]
    [InlineData("a:1,")]
    [InlineData("a:1,a:2")]
    [InlineData("a :1")]
    [InlineData(":1")]
    [InlineData("a:99999999999999999999")]
    public void Parse_OfAnythingElse_IsRefused(string text)
    {
        VectorClock.TryParse(text, null, out _).Should().BeFalse();
        FluentActions.Invoking(() => VectorClock.Parse(text)).Should().Throw<FormatException>();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("a\n")]
    public void ReplicaId_ThatIsNoName_IsRefused(string name)
    {
        FluentActions.Invoking(() => new ReplicaId(name)).Should().Throw<ArgumentException>();
        ReplicaId.TryParse(name, null, out _).Should().BeFalse();
    }

    [Fact]
    public void ReplicaId_TakesUpTo255BytesOfUtf8()
    {
        new ReplicaId(new string('ä', 127) + "a").Value.Length.Should().Be(128);
        FluentActions.Invoking(() => new ReplicaId("a\ud800")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new ReplicaId(new string('ä', 128))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new Dot(default, 1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new Dot(new ReplicaId("a"), 0)).Should().Throw<ArgumentException>();
        Dot.Parse("host:80:7").Should().Be(new Dot(new ReplicaId("host:80"), 7));
    }
}
