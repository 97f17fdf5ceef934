namespace DataIntensive.Tests.Streams;

public sealed class SessionOperatorTests
{
    [Fact]
    public void Event_MayBridgeOpenSessions_AndIsLateWhenItTouchesNone()
    {
        OperatorRig rig = new OperatorRig(Tick.Session(3000))
            .Push("k", 1000)
            .Advance(2000)
            .Push("k", 2000)
            .Advance(4999)
            .Push("k", 4500, 8500)
            .Advance(7401)
            .SaveAndRestore()
            .Push("k", 7000)
            .Advance(11499);
        rig.Take().Should().BeEmpty();

        rig.Advance(11500).Take().Should().Equal("k [1000,11500) 5");

        rig.Push("k", 11600).Advance(14601).Push("k", 10000, 10100, 14500).Advance(20001);

        rig.Take().Should().Equal("k [11600,14600) 1", "k [14500,17500) 1");
        rig.LateTimes.Should().Equal(10000, 10100);
    }

    [Fact]
    public void EventsExactlyAGapApart_AreTwoSessions()
    {
        OperatorRig rig = new OperatorRig(Tick.Session(10)).Push("k", 0, 10, 101).Advance(1000);

        rig.Take().Should().Equal("k [0,10) 1", "k [10,20) 1", "k [101,111) 1");
    }

    [Fact]
    public void EveryPermutation_GivesTheSameSessions()
    {
        long[] times = [1, 15, 30, 100, 101, 95, 22, 10];
        int permutations = 0;
        foreach (long[] permutation in Permutations(times))
        {
            OperatorRig rig = new OperatorRig(Tick.Session(10)).Push("k", permutation).Advance(1000);
            rig.Take().Should().Equal("k [1,40) 5", "k [95,111) 3");
            permutations++;
        }

        permutations.Should().Be(40_320);
    }

    [Fact]
    public void EventsOutOfOrder_JoinTheirSessions()
    {
        OperatorRig rig = new OperatorRig(Tick.Session(10)).Push("k", 7, 30, 51, 15, 21).Advance(1000);

        rig.Take().Should().Equal("k [7,40) 4", "k [51,61) 1");
    }

    [Fact]
    public void EventsOfOneTime_AreOneSession()
    {
        OperatorRig rig = new OperatorRig(Tick.Session(10)).Push("k", 5, 5).Advance(1000);

        rig.Take().Should().Equal("k [5,15) 2");
    }

    [Fact]
    public void OldEventThatOverlapsAnOpenSession_IsTaken()
    {
        OperatorRig rig = new OperatorRig(Tick.Session(10)).Push("k", 20).Advance(29).Push("k", 11, 2, 1).Push("other", 11).Advance(30);

        rig.Take().Should().Equal("k [1,30) 4");
        rig.LateTimes.Should().Equal(11);
    }

    [Fact]
    public void SessionsThatEndTogether_StandByStart_ThenByWhichCameFirst()
    {
        OperatorRig rig = new OperatorRig(Tick.Session(10)).Push("z", 20).Push("a", 20).Push("m", 20, 12).SaveAndRestore().Push("b", 20).Advance(30);

        rig.Take().Should().Equal("m [12,30) 2", "z [20,30) 1", "a [20,30) 1", "b [20,30) 1");
    }

    private static IEnumerable<long[]> Permutations(long[] values)
    {
        if (values.Length == 1)
        {
            yield return values;
            yield break;
        }

        for (int i = 0; i < values.Length; i++)
        {
            foreach (long[] rest in Permutations([.. values[..i], .. values[(i + 1)..]]))
            {
                yield return [values[i], .. rest];
            }
        }
    }
}
