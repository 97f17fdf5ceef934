namespace DataIntensive.Tests.Events;

/// <summary>The aggregate that the tests run on.</summary>
internal sealed class BankAccount : Aggregate
{
    public decimal Balance { get; private set; }

    public void Deposit(decimal amount) => Raise(new Deposited(amount));

    public void Withdraw(decimal amount)
    {
        if (amount > Balance)
        {
            throw new InvalidOperationException($"The balance is {Balance}.");
        }

        Raise(new Withdrawn(amount));
    }

    public void Restore(decimal balance) => Balance = balance;

    protected override void When(object @event) => Balance += @event switch
    {
        Deposited deposited => deposited.Amount,
        Withdrawn withdrawn => -withdrawn.Amount,
        _ => throw new InvalidOperationException($"{@event} is no event of an account."),
    };
}
