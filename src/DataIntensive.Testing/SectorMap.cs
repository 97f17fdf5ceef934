using System.Numerics;

namespace DataIntensive.Testing;

// Which sectors of a file were ever written, and so take space.
internal sealed class SectorMap
{
    public const int SectorBytes = 512;
    private const int BitsPerWord = 64;

    private ulong[] _words = [];

    public long UsedBytes => _words.Sum(word => (long)BitOperations.PopCount(word)) * SectorBytes;

    public SectorMap Copy() => new() { _words = [.. _words] };

    public bool Contains(long sector) =>
        sector / BitsPerWord < _words.Length && (_words[sector / BitsPerWord] & (1UL << (int)(sector % BitsPerWord))) != 0;

    public void Add(long offset, int count)
    {
        for (long sector = offset / SectorBytes; count > 0 && sector <= (offset + count - 1) / SectorBytes; sector++)
        {
            int word = (int)(sector / BitsPerWord);
            if (word >= _words.Length)
            {
                Array.Resize(ref _words, word + 1);
            }

            _words[word] |= 1UL << (int)(sector % BitsPerWord);
        }
    }

    public void CutTo(long length)
    {
        long kept = (length + SectorBytes - 1) / SectorBytes;
        for (long sector = kept; sector < (long)_words.Length * BitsPerWord; sector++)
        {
            _words[sector / BitsPerWord] &= ~(1UL << (int)(sector % BitsPerWord));
        }
    }
}
