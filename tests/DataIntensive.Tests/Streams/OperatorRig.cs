using DataIntensive.Streams;

namespace DataIntensive.Tests.Streams;

/// <summary>Counts ticks in windows, with a watermark that the test moves by hand.</summary>
internal sealed class OperatorRig : IWindowOutput<string, Tick, long>
{
    private readonly AggregatedStream<string, Tick, long> _pipeline;
    private WindowOperator<string, Tick, long> _operator;

    public OperatorRig(WindowDefinition windows)
    {
        _pipeline = Tick.Stream([]).KeyBy(tick => tick.Key).Window(windows).Aggregate(Aggregators.Count<Tick>());
        _operator = _pipeline.CreateOperator(this, maxOpen: 1000);
    }

    public List<string> Results { get; } = [];

    public List<long> LateTimes { get; } = [];

    public OperatorRig Push(string key, params long[] times)
    {
        foreach (long at in times)
        {
            _operator.Push(new Tick(key, at), Tick.Time(at).UtcTicks);
        }

        return this;
    }

    public OperatorRig Advance(long watermark)
    {
        _operator.Advance(DateTimeOffset.UnixEpoch.Ticks + watermark);
        return this;
    }

    public OperatorRig SaveAndRestore()
    {
        System.Buffers.ArrayBufferWriter<byte> saved = new();
        _operator.Save(saved, Codecs.String);
        _operator = _pipeline.CreateOperator(this, maxOpen: 1000);
        DataIntensive.Internal.SpanReader reader = new(saved.WrittenSpan);
        _operator.Load(ref reader, Codecs.String);
        return this;
    }

    public string[] Take()
    {
        string[] taken = [.. Results];
        Results.Clear();
        return taken;
    }

    void IWindowOutput<string, Tick, long>.Emit(in WindowResult<string, long> result) => Results.Add(Tick.Show(result));

    void IWindowOutput<string, Tick, long>.Late(in LateEvent<Tick> late) => LateTimes.Add(late.Item.At);
}
