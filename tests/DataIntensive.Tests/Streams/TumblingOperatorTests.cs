namespace DataIntensive.Tests.Streams;

public sealed class TumblingOperatorTests
{
    [Fact]
    public void Windows_FireWhenTheWatermarkReachesTheirEnd_AlsoAcrossASnapshot()
    {
        OperatorRig rig = new OperatorRig(Tick.Tumbling(3000))
            .Push("k2", 3999, 3000)
            .Push("k1", 20, 0, 999)
            .Push("k2", 1998, 1999, 1000)
            .Advance(1000)
            .Advance(2000)
            .SaveAndRestore();
        rig.Take().Should().BeEmpty();

        rig.Advance(2999).Take().Should().BeEmpty();
        rig.Advance(3000).Take().Should().Equal("k1 [0,3000) 3", "k2 [0,3000) 3");
        rig.Advance(5999).Take().Should().BeEmpty();
        rig.Advance(6000).Take().Should().Equal("k2 [3000,6000) 2");
        rig.Advance(8000).Take().Should().BeEmpty();
    }

    [Fact]
    public void Event_IsLateOnlyWhenItsWindowHasClosed()
    {
        OperatorRig rig = new OperatorRig(Tick.Tumbling(2000))
            .Push("k", 1000)
            .Advance(1986)
            .Push("k", 1980)
            .Advance(2000)
            .Push("k", 1998, 2001)
            .Advance(4000);

        rig.Take().Should().Equal("k [0,2000) 2", "k [2000,4000) 1");
        rig.LateTimes.Should().Equal(1998);
    }

    [Fact]
    public void Results_StandByEnd_ThenByWhichKeyCameFirst()
    {
        OperatorRig rig = new OperatorRig(Tick.Tumbling(10)).Push("z", 25, 5).Push("a", 25, 5, 15).Push("m", 5).Push("z", 15);

        rig.SaveAndRestore().Push("m", 25).Advance(100);

        rig.Take().Should().Equal("z [0,10) 1", "a [0,10) 1", "m [0,10) 1", "a [10,20) 1", "z [10,20) 1", "z [20,30) 1", "a [20,30) 1", "m [20,30) 1");
    }

    [Fact]
    public void WindowsWithoutEvents_GiveNothing()
    {
        OperatorRig rig = new OperatorRig(Tick.Tumbling(10)).Push("a", 5).Advance(60).Push("a", 65).Advance(1000);

        rig.Take().Should().Equal("a [0,10) 1", "a [60,70) 1");
    }
}
