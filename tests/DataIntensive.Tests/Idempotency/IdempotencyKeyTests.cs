namespace DataIntensive.Tests.Idempotency;

public sealed class IdempotencyKeyTests
{
    public static TheoryData<IdempotencyKey, string> Published => new()
    {
        { IdempotencyKey.Create("orders.place"), "d23f9300f1b082b13554411a6cf044f8ae7dc81a1de0ee5dddfcd99ce2f142c4" },
        { IdempotencyKey.Create("orders.place", "a|b", "c"), "ace90e192e16e00f829d78c868bd43a8850bdda62c39685d582b2bc31ea85b25" },
        { IdempotencyKey.Create("orders.place", "a", "b|c"), "3c2ea9bc8b384852aabe6404ac9fbb79bb31fd669dd11f33e458716e51fe8ca4" },
        { IdempotencyKey.Create("orders.place", ""), "f8ad6e8f9869af126c57220fdda45aee8afc5ea04b1b1c4d481343c6ac7776fd" },
        { IdempotencyKey.Create("orders.place", IdempotencyKeyPart.Null), "5eb2b11c9c8ab602d7301f6de987154d889ac3997175435f166dce4d624bad93" },
        { IdempotencyKey.Create("orders.place", "1"), "d9cfbcd825e04a670eafc20e75e3acf626b69efc96108884aa2ee11efb0ae67b" },
        { IdempotencyKey.Create("orders.place", 1), "869d1cf9b1abf3d9647976d682c8d5fe6e835110e3615ad513f65061e0eef590" },
        { IdempotencyKey.Create("orders.place", -1), "b3d5b052969aed42020c41ff2efbd5635e28ec1c0f47a8dd31a475853197e2aa" },
        { IdempotencyKey.Create("orders.place", -12.50m), "127408a264da532d9dcdc63d38a539cfb28d3e90bf557f81d31c91f59a056398" },
        { IdempotencyKey.Create("orders.place", true), "b5867fac1842fdb1ed4da9c14c3b5e169dd8f5374ea7e6d5ceb29cbd6ee30848" },
        { IdempotencyKey.Create("orders.place", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")), "8278df32949ba65a8434bf32c827a16fddf177df59e2f064ed08ae4f087a2f4f" },
        { IdempotencyKey.Create("orders.place", new byte[] { 1, 2, 3 }), "2f22f8a321d599ffee7be992c52c482266893f8eb4b06e5c044013adde3ca8b7" },
        { IdempotencyKey.Create("orders.place", "\u00e9"), "a59b8cb43708113e3585abbe6950048b76da68ea1b51ec0cde501a06c5b11839" },
        { IdempotencyKey.Create("orders.place", "e\u0301"), "71ba36c6c905900c7954e4b37a3c6f5e8e961d9e05bc26e9306ebaf04416ac96" },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Create_GivesThePublishedVectors(IdempotencyKey key, string expected) => key.ToString().Should().Be(expected);

    [Fact]
    public void Create_DifferentRequests_GiveDifferentKeys()
    {
        IdempotencyKey[] keys =
        [
            IdempotencyKey.Create("op"),
            IdempotencyKey.Create("po"),
            IdempotencyKey.Create("OP"),
            IdempotencyKey.Create("op", "a|b", "c"),
            IdempotencyKey.Create("op", "a", "b|c"),
            IdempotencyKey.Create("op", "ab", ""),
            IdempotencyKey.Create("op", "a", "b"),
            IdempotencyKey.Create("op", "", "ab"),
            IdempotencyKey.Create("op", "ab"),
            IdempotencyKey.Create("op", IdempotencyKeyPart.Null),
            IdempotencyKey.Create("op", IdempotencyKeyPart.Null, IdempotencyKeyPart.Null),
            IdempotencyKey.Create("op", ""),
            IdempotencyKey.Create("op", Array.Empty<byte>()),
            IdempotencyKey.Create("op", "1"),
            IdempotencyKey.Create("op", 1),
            IdempotencyKey.Create("op", 1m),
            IdempotencyKey.Create("op", true),
            IdempotencyKey.Create("op", 0),
            IdempotencyKey.Create("op", false),
            IdempotencyKey.Create("op", new byte[] { 1 }),
            IdempotencyKey.Create("op", "\u00e9"),
            IdempotencyKey.Create("op", "e\u0301"),
            IdempotencyKey.Create("op", "A"),
            IdempotencyKey.Create("op", "a"),
            IdempotencyKey.Create("op", Guid.Empty),
            IdempotencyKey.Create("op", new byte[16]),
            IdempotencyKey.Create("op", 1.5m),
            IdempotencyKey.Create("op", -1.5m),
            IdempotencyKey.Create("op", 15m),
            IdempotencyKey.Create("op", decimal.MaxValue),
            IdempotencyKey.Create("op", long.MinValue),
        ];

        keys.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Create_EqualValues_GiveEqualKeys()
    {
        string? nothing = null;
        byte[]? noBytes = null;

        IdempotencyKey.Create("op", 1).Should().Be(IdempotencyKey.Create("op", 1L));
        IdempotencyKey.Create("op", 1.5m).Should().Be(IdempotencyKey.Create("op", 1.500m));
        IdempotencyKey.Create("op", 0m).Should().Be(IdempotencyKey.Create("op", -0.00m));
        IdempotencyKey.Create("op", 100m).Should().NotBe(IdempotencyKey.Create("op", 1m));
        IdempotencyKey.Create("op", nothing).Should().Be(IdempotencyKey.Create("op", noBytes)).And.Be(IdempotencyKey.Create("op", IdempotencyKeyPart.Null));
        IdempotencyKey.Create("op", null).Should().Be(IdempotencyKey.Create("op", nothing));
        IdempotencyKey.Create("op", 1).GetHashCode().Should().Be(IdempotencyKey.Create("op", 1L).GetHashCode());
    }

    [Fact]
    public void Create_LongParts_CountToTheLastByte()
    {
        byte[] bytes = new byte[100_000];
        IdempotencyKey before = IdempotencyKey.Create("op", bytes);
        bytes[^1] = 1;

        IdempotencyKey.Create("op", bytes).Should().NotBe(before);
    }

    [Fact]
    public void Create_WhatCannotBeAKey_IsRefused()
    {
        FluentActions.Invoking(() => IdempotencyKey.Create("")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => IdempotencyKey.Create(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => IdempotencyKey.Create(new string('a', 256))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => IdempotencyKey.Create(new string('a', 255))).Should().NotThrow();
        FluentActions.Invoking(() => IdempotencyKey.Create("op", "\ud800")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => IdempotencyKey.Create("\udc00op")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => IdempotencyKey.Create("op", new byte[IdempotencyKey.MaxEncodedBytes])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Parse_OfWhatWasWritten_GivesTheKey()
    {
        IdempotencyKey key = IdempotencyKey.Create("op", "a");

        IdempotencyKey.Parse(key.ToString()).Should().Be(key);
        IdempotencyKey.Parse(key.ToString().ToUpperInvariant()).Should().Be(key);
        $"{key}".Should().Be(key.ToString()).And.HaveLength(64);
        IdempotencyKey.TryParse("12", null, out _).Should().BeFalse();
        IdempotencyKey.TryParse(new string('g', 64), null, out _).Should().BeFalse();
        IdempotencyKey.TryParse(new string('0', 64), null, out _).Should().BeFalse();
        FluentActions.Invoking(() => IdempotencyKey.Parse("x")).Should().Throw<FormatException>();
    }

    [Fact]
    public void ChildKey_IsWhatTheDocumentationSays()
    {
        IdempotencyKey parent = IdempotencyKey.Create("orders.place");
        byte[] bytes = Convert.FromHexString(parent.ToString());

        parent.Child("ship").Should().Be(IdempotencyKey.Create("dataintensive.child", bytes, "ship"));
        parent.Child("ship").ToString().Should().Be("a25182149582e13f087abd520cc8f63daa3bbfd9235b7000b35bdd30dae2260c");
        parent.Child("charge").Should().NotBe(parent.Child("ship"));
    }

    [Fact]
    public void TestVectors_OfTheDocumentation_AreTheSameOnBothPages()
    {
        string page = File.ReadAllText(House.Repository.PathOf("src", "DataIntensive", "docs", "idempotency.md"));

        foreach (string vector in (string[])[IdempotencyKey.Create("orders.place").ToString(), IdempotencyKey.Create("orders.place", "a|b", "c").ToString(), IdempotencyKey.Create("orders.place", 1).ToString(), IdempotencyKey.Create("orders.place").Child("ship").ToString(), IdempotencyFingerprint.OfBytes("abc"u8).ToString(), IdempotencyFingerprint.OfJson("""{ "b": 2.50, "a": "\u00e9" }""").ToString()])
        {
            page.Should().Contain($"`{vector}`");
        }
    }
}
