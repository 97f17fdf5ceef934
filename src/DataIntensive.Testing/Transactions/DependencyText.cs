using System.Globalization;
using System.Text;

namespace DataIntensive.Testing;

// Says why one transaction comes before another, and shows transactions and lists, long ones shortened.
internal sealed class DependencyText(IndexedHistory history, ListAnalysis? lists)
{
    private const int MostElements = 12;
    private const int ElementsShown = 4;
    private const int MostSteps = 16;

    public static string Arrow(TransactionDependency step) => step.Kind switch
    {
        DependencyKind.WriteWrite => $"–ww[{step.Key}]→",
        DependencyKind.WriteRead => $"–wr[{step.Key}]→",
        DependencyKind.ReadWrite => $"–rw[{step.Key}]→",
        DependencyKind.Process => "–process→",
        _ => "–realtime→",
    };

    public static string Of(ReadOnlySpan<long> elements)
    {
        StringBuilder text = new("[");
        for (int i = 0; i < elements.Length; i++)
        {
            if (elements.Length > MostElements && i == ElementsShown)
            {
                text.Append(CultureInfo.InvariantCulture, $", … {elements.Length - (2 * ElementsShown)} more …");
                i = elements.Length - ElementsShown;
            }

            text.Append(i == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"{elements[i]}");
        }

        return text.Append(']').ToString();
    }

    public static string Of(TransactionRecord record)
    {
        StringBuilder text = new();
        text.AppendJoin(' ', record.Steps.Take(MostSteps).Select(Of));
        return record.Steps.Length <= MostSteps ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $" … {record.Steps.Length - MostSteps} more").ToString();
    }

    public static string Result(MicroOperation read) =>
        read.Kind == MicroOperationKind.ReadList ? Of(read.Elements)
        : read.Value is { } value ? value.ToString(CultureInfo.InvariantCulture)
        : "nothing";

    public TransactionDependency Explain(int from, int to, DependencyKind kind, int key, OrderScope scope)
    {
        string reason = kind switch
        {
            DependencyKind.WriteWrite => OfWrites(from, to, key),
            DependencyKind.WriteRead => OfRead(from, to, key),
            DependencyKind.ReadWrite => OfAntiDependency(from, to, key),
            DependencyKind.Process => $"process {history.Records[to].Process} called {Name(to)} after {Name(from)}.",
            _ => $"{Name(from)} had returned at {history.Records[from].ReturnedAt}, before {Name(to)} was called at {history.Records[to].CalledAt}.",
        };
        string basis = key < 0 ? "" : scope switch
        {
            OrderScope.Process => " The order of the versions is that of what processes saw in turn.",
            OrderScope.Realtime => " The order of the versions is that of real time.",
            _ => "",
        };
        return new TransactionDependency(history.Records[from], history.Records[to], kind, key < 0 ? null : history.Keys[key], reason + basis);
    }

    private static string Of(MicroOperation step) =>
        step.Kind == MicroOperationKind.ReadList && step.Elements.Length > MostElements ? $"r{step.Key}{Of(step.Elements)}" : step.ToString();

    private string Name(int transaction) => history.History.NameOf(transaction);

    private string OfWrites(int from, int to, int key)
    {
        if (lists is null)
        {
            return $"{Name(from)} wrote {history.Keys[key]} = {LastWrite(from, key)}, and {Name(to)} wrote {LastWrite(to, key)} over it.";
        }

        // Of all pairs the closest one in the order of the list is what orders the two.
        (int Distance, long First, long Second) best = (int.MaxValue, 0, 0);
        foreach (int first in Appends(from, key))
        {
            foreach (int second in Appends(to, key))
            {
                int place = lists.PlaceOf(second);
                int distance = lists.PlaceOf(first) == 0 ? int.MaxValue : (place == 0 ? int.MaxValue - 1 : place) - lists.PlaceOf(first);
                if (distance > 0 && distance < best.Distance)
                {
                    best = (distance, history.Step(first).Written, history.Step(second).Written);
                }
            }
        }

        return $"{Name(from)} appended {best.First} to {history.Keys[key]}, and {Name(to)} appended {best.Second} behind it.";
    }

    private string OfRead(int from, int to, int key)
    {
        MicroOperation read = ReadsOf(to, key).FirstOrDefault(step => Shows(step, from, key));
        return $"{Name(to)} read {history.Keys[key]} = {Result(read)}, {(lists is null ? "which" : "whose newest foreign element")} {Name(from)} {(lists is null ? "wrote" : "appended")}.";
    }

    private string OfAntiDependency(int from, int to, int key)
    {
        foreach (MicroOperation read in ReadsOf(from, key))
        {
            foreach (int write in lists is null ? LastWriteStep(to, key) : Appends(to, key))
            {
                long written = history.Step(write).Written;
                if (!read.Elements.Contains(written) && read.Value != written)
                {
                    return $"{Name(from)} read {history.Keys[key]} = {Result(read)}, before {Name(to)} {(lists is null ? "wrote" : "appended")} {written}.";
                }
            }
        }

        return $"{Name(from)} read {history.Keys[key]} before {Name(to)} wrote it.";
    }

    private bool Shows(MicroOperation read, int writer, int key)
    {
        foreach (int write in Appends(writer, key))
        {
            if (read.Value == history.Step(write).Written || read.Elements.Contains(history.Step(write).Written))
            {
                return true;
            }
        }

        return false;
    }

    private long LastWrite(int transaction, int key) => history.Step(LastWriteStep(transaction, key)[0]).Written;

    private List<int> LastWriteStep(int transaction, int key) => Appends(transaction, key)[^1..];

    private List<int> Appends(int transaction, int key)
    {
        List<int> steps = [];
        int first = history.FirstStep(transaction);
        for (int i = 0; i < history.Records[transaction].Steps.Length; i++)
        {
            if (history.KeyOf[first + i] == key && history.Records[transaction].Steps[i].IsWrite)
            {
                steps.Add(first + i);
            }
        }

        return steps;
    }

    private IEnumerable<MicroOperation> ReadsOf(int transaction, int key)
    {
        int first = history.FirstStep(transaction);
        return history.Records[transaction].Steps.Where((step, i) => step.IsKnownRead && history.KeyOf[first + i] == key);
    }
}
