namespace DataIntensive.Testing;

// What happens to bytes that were long durable. Each damage falls on what is read and on what is on the disk alike.
public sealed partial class FaultyStorage
{
    /// <summary>Turns one bit over.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="offset">The byte, from 0; within the file.</param>
    /// <param name="bit">The bit in it: 0, the lowest, to 7.</param>
    /// <returns>True: a bit always changes.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public bool FlipBit(string file, long offset, int bit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bit, 7);
        return Damage(file, offset, 1, bytes =>
        {
            if (offset < bytes.Length)
            {
                bytes[(int)offset] ^= (byte)(1 << bit);
            }

            return bytes;
        });
    }

    /// <summary>Makes a sector zeros.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="index">The sector, from 0; one that begins within the file.</param>
    /// <param name="sectorBytes">The size of a sector. Default 512; 1 and above.</param>
    /// <returns>False when it was zeros already.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public bool ZeroSector(string file, long index, int sectorBytes = 512) =>
        Damage(file, index, sectorBytes, bytes =>
        {
            Sector(bytes, index, sectorBytes).Clear();
            return bytes;
        });

    /// <summary>Exchanges two sectors, as a disk does that writes to the wrong places. With a short last sector only as many bytes as it has.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="first">A sector, from 0; one that begins within the file.</param>
    /// <param name="second">Another one.</param>
    /// <param name="sectorBytes">The size of a sector. Default 512; 1 and above.</param>
    /// <returns>False when both hold the same.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public bool SwapSectors(string file, long first, long second, int sectorBytes = 512)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        return Damage(file, Math.Max(first, second), sectorBytes, bytes =>
        {
            Span<byte> one = Sector(bytes, first, sectorBytes);
            Span<byte> other = Sector(bytes, second, sectorBytes);
            int common = Math.Min(one.Length, other.Length);
            byte[] kept = one[..common].ToArray();
            other[..common].CopyTo(one);
            kept.CopyTo(other);
            return bytes;
        });
    }

    /// <summary>Takes a sector out: what follows moves up, and the file is shorter.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="index">The sector, from 0; one that begins within the file.</param>
    /// <param name="sectorBytes">The size of a sector. Default 512; 1 and above.</param>
    /// <returns>True: the length always changes.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public bool DropSector(string file, long index, int sectorBytes = 512) =>
        Damage(file, index, sectorBytes, bytes =>
        {
            int start = (int)Math.Min(bytes.Length, index * sectorBytes);
            return [.. bytes.AsSpan(0, start), .. bytes.AsSpan(start + Sector(bytes, index, sectorBytes).Length)];
        });

    /// <summary>Puts a sector in twice: what follows moves back, and the file is longer.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="index">The sector, from 0; one that begins within the file.</param>
    /// <param name="sectorBytes">The size of a sector. Default 512; 1 and above.</param>
    /// <returns>True: the length always changes.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public bool DuplicateSector(string file, long index, int sectorBytes = 512) =>
        Damage(file, index, sectorBytes, bytes =>
        {
            Span<byte> sector = Sector(bytes, index, sectorBytes);
            int end = (int)Math.Min(bytes.Length, index * sectorBytes) + sector.Length;
            return [.. bytes.AsSpan(0, end), .. sector, .. bytes.AsSpan(end)];
        });

    /// <summary>Cuts the end off.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="length">What is left, in bytes; 0 up to the length.</param>
    /// <returns>False when the file is that short already.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public bool Cut(string file, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return Damage(file, 0, 0, bytes => bytes[..(int)Math.Min(length, bytes.Length)]);
    }

    private static Span<byte> Sector(Span<byte> bytes, long index, int sectorBytes)
    {
        int start = (int)Math.Min(bytes.Length, index * sectorBytes);
        return bytes.Slice(start, Math.Min(sectorBytes, bytes.Length - start));
    }

    // The function gets bytes of its own. It may be called for what is on the disk too, which can be shorter.
    private bool Damage(string name, long index, int unitBytes, Func<byte[], byte[]> damage)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfNegative(unitBytes);
        lock (_gate)
        {
            ThrowIfCrashed_NeedsLock();
            FaultyFileState file = _names.Find(name) ?? throw new FileNotFoundException($"There is no file '{name}'.", name);
            if (unitBytes > 0 && index * unitBytes >= file.Length)
            {
                throw new ArgumentOutOfRangeException(nameof(index), index, $"'{name}' has {file.Length} bytes.");
            }

            bool changed = file.Damage(damage);
            _damages += changed ? 1 : 0;
            return changed;
        }
    }
}
