namespace DataIntensive.Tests.House;

public sealed class FloorTests
{
    private static readonly (string, string)[] TwoFloors =
    [
        ("Logs/Log.cs", "namespace DataIntensive; public static class Log { public static int Append() => 1; }"),
        ("Stores/Store.cs", "namespace DataIntensive; public class Store { public int Size; }"),
        ("Stores/Key.cs", "namespace DataIntensive.Stores; public static class Key { public static int Hash(this string key) => Log.Append(); }"),
        ("Internal/Bits.cs", "namespace DataIntensive.Internal; internal static class Bits { public static int One => 1; }"),
    ];

    [Fact]
    public void EveryFolderOfTheCore_IsAFloorOrCommon() =>
        SourceCode.Core.Files.Select(SourceCode.FolderOf).Distinct().Where(folder => !Floors.IsKnown(folder)).Should().BeEmpty();

    [Fact]
    public void AFloor_UsesLowerFloorsOnly() => FloorScan.Breaches(SourceCode.Core).Should().BeEmpty();

    // Were the scan blind, the test above could not fail.
    [Theory]
    [InlineData("Logs", "Storage")]
    [InlineData("Transactions", "Logs")]
    [InlineData("Stores", "Transactions")]
    [InlineData("Consumers", "Stores")]
    [InlineData("Logs", "Internal")]
    public void TheScan_SeesTheUsesThatThereAre(string from, string to) =>
        FloorScan.Uses(SourceCode.Core).Should().Contain(use => use.From == from && use.To == to);

    [Fact]
    public void TheScan_LetsAFloorUseALowerOne() => FloorScan.Breaches(SourceCode.Parse(TwoFloors)).Should().BeEmpty();

    [Theory]
    [InlineData("Logs/Bad.cs", "namespace DataIntensive; class Bad { Store? _store; }", "Store")]
    [InlineData("Logs/Bad.cs", "namespace DataIntensive; class Bad { object Make() => new global::DataIntensive.Store(); }", "Store")]
    [InlineData("Logs/Bad.cs", "using DataIntensive.Stores; namespace DataIntensive.Logs; class Bad { }", "DataIntensive.Stores")]
    [InlineData("Logs/Bad.cs", "global using Other = DataIntensive.Store;", "Store")]
    [InlineData("Logs/Bad.cs", "namespace DataIntensive.Stores; class Bad { int Of(string key) => key.Hash(); }", "Key.Hash")]
    [InlineData("Logs/Bad.cs", "namespace DataIntensive; class Bad { string Name => nameof(Store.Size); }", "Store.Size")]
    [InlineData("Logs/Bad.cs", "namespace DataIntensive; [Unknown(typeof(Missing<Store>))] class Bad { }", "Store")]
    [InlineData("Internal/Bad.cs", "namespace DataIntensive.Internal; class Bad { int Of() => Log.Append(); }", "Log.Append")]
    [InlineData("Diagnostics/Bad.cs", "namespace DataIntensive.Diagnostics; class Bad : Store { }", "Store")]
    [InlineData("Bad.cs", "namespace DataIntensive; class Bad : Store { }", "Store")]
    public void TheScan_FindsABreach(string path, string text, string used) =>
        FloorScan.Breaches(SourceCode.Parse([.. TwoFloors, (path, text)]))
            .Should().Contain(breach => breach.StartsWith($"{path}:1: ") && breach.Contains($" uses {used} of "));

    [Fact]
    public void TheScan_FindsASiblingOnTheSameFloor() =>
        FloorScan.Breaches(SourceCode.Parse(
            ("Events/Event.cs", "namespace DataIntensive; public class Event { }"),
            ("Causal/Clock.cs", "namespace DataIntensive; public class Clock { public Event? Last; }")))
            .Should().ContainSingle().Which.Should().Be("Causal/Clock.cs:1: Causal uses Event of Events");

    [Fact]
    public void TheScan_DoesNotTakeAWordForAUse() =>
        FloorScan.Breaches(SourceCode.Parse(
            [.. TwoFloors, ("Logs/Good.cs", "namespace DataIntensive; /* Store */ class Good { string Store => \"Store\"; string Twice => Store + Store; }")]))
            .Should().BeEmpty();

    [Fact]
    public void TheExceptions_AreAllNeeded()
    {
        IEnumerable<(string From, string Type)> uses = FloorScan.Uses(SourceCode.Core).Select(use => (use.From, use.Type));
        Floors.Exceptions.Except(uses).Should().BeEmpty();
    }
}
