using System.Text.Json.Serialization;

namespace DataIntensive.Samples.Patterns;

internal sealed record Deposited(decimal Amount);

internal sealed record Withdrawn(decimal Amount);

/// <summary>An account that is rebuilt from the events of its own stream.</summary>
internal sealed class BankAccount : Aggregate
{
    public decimal Balance { get; private set; }

    public void Deposit(decimal amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(amount);
        Raise(new Deposited(amount));
    }

    public void Withdraw(decimal amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(amount);
        if (amount > Balance)
        {
            throw new InvalidOperationException($"The balance is {Balance}, {amount} cannot be withdrawn.");
        }

        Raise(new Withdrawn(amount));
    }

    protected override void When(object @event) => Balance += @event switch
    {
        Deposited deposited => deposited.Amount,
        Withdrawn withdrawn => -withdrawn.Amount,
        _ => 0,
    };
}

[JsonSerializable(typeof(Deposited))]
[JsonSerializable(typeof(Withdrawn))]
internal sealed partial class BankJson : JsonSerializerContext;
