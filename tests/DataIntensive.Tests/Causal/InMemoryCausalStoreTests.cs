namespace DataIntensive.Tests.Causal;

public sealed class InMemoryCausalStoreTests : CausalStoreContract
{
    protected override long RandomRuns => 300;

    protected override ValueTask<ICausalStore<string, int>> OpenAsync(string replica, CausalStoreOptions? options = null) =>
        new(CausalStore.InMemory<string, int>(new ReplicaId(replica), options));

    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;
}
