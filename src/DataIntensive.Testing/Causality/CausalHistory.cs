using System.Text;

namespace DataIntensive.Testing;

/// <summary>
/// What sessions wrote and read, every value written to a key once: what <see cref="CausalChecker"/> judges. Immutable.
/// </summary>
public sealed class CausalHistory
{
    /// <summary>What a read gives that found nothing.</summary>
    public const long Initial = 0;

    private readonly CausalSession[] _sessions;

    private CausalHistory(CausalSession[] sessions) => _sessions = sessions;

    /// <summary>The sessions, as they were given.</summary>
    public IReadOnlyList<CausalSession> Sessions => _sessions;

    internal CausalSession[] All => _sessions;

    /// <summary>Makes a history.</summary>
    /// <param name="sessions">The sessions.</param>
    /// <exception cref="ArgumentException">A value is written to a key twice, or two sessions bear one name.</exception>
    public static CausalHistory Of(params IEnumerable<CausalSession> sessions)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        CausalSession[] all = [.. sessions];
        return FindFault(all) is { } fault
            ? throw new ArgumentException($"{fault.Problem} ({all[fault.Session].Name}, operation {fault.Operation + 1})", nameof(sessions))
            : new CausalHistory(all);
    }

    /// <summary>
    /// Reads a history from text: the sessions in lines, or between <c>∥</c> or <c>||</c>, each its operations one after the other:
    /// <c>w(x1)</c> wrote 1 to x, <c>r(x1)</c> read it, <c>r(x0)</c> found nothing. A key is one letter, or anything in double quotes.
    /// A session may begin with its name and a colon; the others are called s1, s2 and so on by their place. From <c>#</c> to the end
    /// of the line is a comment.
    /// </summary>
    /// <exception cref="CausalFormatException">It cannot be read, or is no history for one of the reasons of <see cref="Of"/>.</exception>
    public static CausalHistory Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        CausalParser parser = new(text);
        CausalSession[] sessions = parser.Read();
        return FindFault(sessions) is { } fault ? throw parser.Refuse(fault) : new CausalHistory(sessions);
    }

    /// <summary>Writes it as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => new StringBuilder().AppendJoin('\n', _sessions.Select(session => session.ToString())).ToString();

    private static (string Problem, int Session, int Operation)? FindFault(CausalSession[] sessions)
    {
        HashSet<string> names = [];
        HashSet<(string Key, long Value)> written = [];
        for (int i = 0; i < sessions.Length; i++)
        {
            if (!names.Add(sessions[i].Name))
            {
                return ($"Two sessions are called {sessions[i].Name}.", i, 0);
            }

            for (int j = 0; j < sessions[i].Steps.Length; j++)
            {
                CausalOperation operation = sessions[i].Steps[j];
                if (operation.IsWrite && !written.Add((operation.Key, operation.Value)))
                {
                    return ($"{operation.Value} is written to {operation.Key} a second time: no read could tell by whom.", i, j);
                }
            }
        }

        return null;
    }
}
