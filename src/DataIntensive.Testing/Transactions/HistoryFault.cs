namespace DataIntensive.Testing;

// Why transactions are no history, and at which of them, and of its steps, it shows; a step of -1 is the transaction itself.
internal readonly record struct HistoryFault(string Problem, int Transaction, int Step = -1)
{
    public static HistoryFault? Find(TransactionRecord[] records, out TransactionModel model)
    {
        model = TransactionModel.ListAppend;
        return FindInTimes(records) ?? FindInProcesses(records) ?? FindMixture(records, out model) ?? FindWrittenTwice(records);
    }

    private static HistoryFault? FindInTimes(TransactionRecord[] records)
    {
        for (int i = 0; i < records.Length; i++)
        {
            TransactionRecord record = records[i];
            if (record.CalledAt is null && record.ReturnedAt is not null)
            {
                return new HistoryFault("It returned without a call.", i);
            }

            if ((record.CalledAt is null) != (records[0].CalledAt is null))
            {
                return new HistoryFault("Some transactions have times, and others have none.", i);
            }

            if (record.ReturnedAt < record.CalledAt)
            {
                return new HistoryFault($"It was called at {record.CalledAt} and returned at {record.ReturnedAt}: time goes back.", i);
            }

            if (record is { CalledAt: not null, ReturnedAt: null, Outcome: not TransactionOutcome.Unknown })
            {
                return new HistoryFault("Its outcome is known, and it did not return.", i);
            }
        }

        return null;
    }

    // After an unknown outcome a process may go on: the transaction can take effect at any time later.
    private static HistoryFault? FindInProcesses(TransactionRecord[] records)
    {
        int[] order = [.. Enumerable.Range(0, records.Length).Where(i => records[i] is { Process: not null, CalledAt: not null })];
        Array.Sort(order, (left, right) => (records[left].Process!.Value, records[left].CalledAt!.Value, left).CompareTo((records[right].Process!.Value, records[right].CalledAt!.Value, right)));
        for (int i = 1; i < order.Length; i++)
        {
            TransactionRecord before = records[order[i - 1]];
            TransactionRecord after = records[order[i]];
            if (before.Process == after.Process && before.Outcome != TransactionOutcome.Unknown && after.CalledAt < before.ReturnedAt)
            {
                return new HistoryFault($"Process {after.Process} called twice at once.", order[i]);
            }
        }

        return null;
    }

    private static HistoryFault? FindMixture(TransactionRecord[] records, out TransactionModel model)
    {
        (bool lists, bool registers) = (false, false);
        model = TransactionModel.ListAppend;
        for (int i = 0; i < records.Length; i++)
        {
            MicroOperation[] steps = records[i].Steps;
            for (int j = 0; j < steps.Length; j++)
            {
                lists |= steps[j].Kind is MicroOperationKind.Append or MicroOperationKind.ReadList;
                registers |= steps[j].Kind is MicroOperationKind.Write or MicroOperationKind.ReadValue;
                if (lists && registers)
                {
                    return new HistoryFault("Lists and registers are mixed in one history.", i, j);
                }
            }
        }

        model = registers ? TransactionModel.Register : TransactionModel.ListAppend;
        return null;
    }

    private static HistoryFault? FindWrittenTwice(TransactionRecord[] records)
    {
        HashSet<(string Key, long Value)> written = [];
        for (int i = 0; i < records.Length; i++)
        {
            MicroOperation[] steps = records[i].Steps;
            for (int j = 0; j < steps.Length; j++)
            {
                if (steps[j].IsWrite && !written.Add((steps[j].Key, steps[j].Written)))
                {
                    return new HistoryFault($"{steps[j].Written} is written to {steps[j].Key} a second time: no read could tell by whom.", i, j);
                }
            }
        }

        return null;
    }
}
