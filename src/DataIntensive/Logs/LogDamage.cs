namespace DataIntensive.Logs;

/// <summary>One damaged place in a log that was opened with <see cref="LogOpenMode.Salvage"/>.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">Where in the file, in bytes.</param>
/// <param name="Expected">What should stand there.</param>
/// <param name="Found">What stands there.</param>
/// <param name="FirstLost">The first record that is lost by it; default when none is known to be.</param>
/// <param name="LastLost">The last one. Some between the two may be left: the reader tells which are not.</param>
public sealed record LogDamage(string File, long Offset, string Expected, string Found, LogPosition FirstLost = default, LogPosition LastLost = default);
