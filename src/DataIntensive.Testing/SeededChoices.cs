namespace DataIntensive.Testing;

// SplitMix64 (Steele, Lea, Flood 2014). One sequence per seed and purpose, so that one choice does not depend on how many others
// were made before it on other threads.
internal struct SeededChoices
{
    private ulong _state;

    public SeededChoices(ulong seed, long purpose) => _state = Mix(seed) ^ Mix((ulong)purpose + 0x9E37_79B9_7F4A_7C15);

    public bool Coin() => (Next() >> 63) != 0;

    // From 0 up to and including the largest.
    public int UpTo(int largest) => (int)(Next() % ((ulong)largest + 1));

    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = UpTo(i);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    private ulong Next() => Mix(_state += 0x9E37_79B9_7F4A_7C15);
}
