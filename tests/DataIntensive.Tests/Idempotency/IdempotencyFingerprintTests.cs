using System.Buffers;
using System.Text;
using DataIntensive.Idempotency;

namespace DataIntensive.Tests.Idempotency;

public sealed class IdempotencyFingerprintTests
{
    [Theory]
    [InlineData(" { \"b\" : 1 , \"a\" : [ true , null , false ] } ", """{"a":[true,null,false],"b":1}""")]
    [InlineData("""{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}""", "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\ud83d\ude00\":5,\"\ufb33\":3}")]
    [InlineData("\"\\u0041\\/\\b\\t\\n\\f\\r\\\"\\\\\\u001f\\u007f\"", "\"A/\\b\\t\\n\\f\\r\\\"\\\\\\u001f\u007f\"")]
    [InlineData("[1, 1.0, 10e-1, 0.1e1, 1E+0]", "[1,1,1,1,1]")]
    [InlineData("[0, -0, 0.0, -0.0e10]", "[0,0,0,0]")]
    [InlineData("[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]", "[333333333.33333329,1e+30,4.5,0.002,1e-27]")]
    [InlineData("[1e20, 1e21, 123456789012345678901234567890]", "[100000000000000000000,1e+21,1.2345678901234567890123456789e+29]")]
    [InlineData("[0.000001, 0.0000001, -1.50]", "[0.000001,1e-7,-1.5]")]
    [InlineData("[9007199254740993, 9007199254740992]", "[9007199254740993,9007199254740992]")]
    [InlineData("null", "null")]
    [InlineData("{}", "{}")]
    [InlineData("[]", "[]")]
    public void CanonicalJson_IsOneForm(string json, string canonical)
    {
        ArrayBufferWriter<byte> written = new();

        CanonicalJson.Write(Encoding.UTF8.GetBytes(json), written);

        Encoding.UTF8.GetString(written.WrittenSpan).Should().Be(canonical);
        IdempotencyFingerprint.OfJson(json).Should().Be(IdempotencyFingerprint.OfJson(canonical));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("[1,]")]
    [InlineData("// no\n1")]
    [InlineData("01")]
    [InlineData("NaN")]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("\"\\ud800\"")]
    [InlineData("1e99999999999999999999")]
    public void OfJson_WhatIsNoneOrHasTwoMeanings_IsRefused(string json) =>
        FluentActions.Invoking(() => IdempotencyFingerprint.OfJson(json)).Should().Throw<ArgumentException>();

    [Fact]
    public void OfJson_TooDeepOrTooLong_IsRefused()
    {
        FluentActions.Invoking(() => IdempotencyFingerprint.OfJson(new string('[', 65) + new string(']', 65))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => IdempotencyFingerprint.OfJson(new byte[IdempotencyFingerprint.MaxContentBytes + 1])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => IdempotencyFingerprint.OfBytes(new byte[IdempotencyFingerprint.MaxContentBytes + 1])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Fingerprints_OfOtherContentOrKind_Differ()
    {
        IdempotencyFingerprint[] all =
        [
            default,
            IdempotencyFingerprint.OfBytes("1"u8),
            IdempotencyFingerprint.OfBytes(""u8),
            IdempotencyFingerprint.OfJson("1"),
            IdempotencyFingerprint.OfJson("\"1\""),
            IdempotencyFingerprint.OfJson("[1,2]"),
            IdempotencyFingerprint.OfJson("[2,1]"),
            IdempotencyFingerprint.OfJson("{\"a\":null}"),
            IdempotencyFingerprint.OfJson("{}"),
            IdempotencyFingerprint.OfJson("\"\u00e9\""),
            IdempotencyFingerprint.OfJson("\"e\u0301\""),
        ];

        all.Should().OnlyHaveUniqueItems();
        all.Count(fingerprint => fingerprint.IsNone).Should().Be(1);
    }

    // Also computed by other means: sha256 of one byte of kind and the content.
    [Fact]
    public void TestVectors_AreWhatTheDocumentationSays()
    {
        IdempotencyFingerprint.OfBytes("abc"u8).ToString().Should().Be("1e18834c426d00e57788444cb3ccd62c771b420c095bb0c4e040a8c122c4570d");
        IdempotencyFingerprint.OfJson("""{ "b": 2.50, "a": "\u00e9" }""").ToString().Should().Be("50eceb2e1160144190ca42ae43feed368fd0efe4ccf6e7cfe5d4cd1ae8b35a66");
    }

    [Fact]
    public void Parse_GivesBackWhatWasFormatted()
    {
        IdempotencyFingerprint fingerprint = IdempotencyFingerprint.OfBytes("abc"u8);

        IdempotencyFingerprint.Parse(fingerprint.ToString()).Should().Be(fingerprint);
        IdempotencyFingerprint.TryParse("abc", null, out _).Should().BeFalse();
        $"{fingerprint}".Should().Be(fingerprint.ToString());
    }
}
