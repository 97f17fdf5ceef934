namespace DataIntensive;

/// <summary>What a subscription does with an event that its handler failed on as often as it may. It never passes over one without a dead letter.</summary>
public enum PoisonEvents
{
    /// <summary>It stops there with <see cref="SubscriptionHandlerException"/>, and the event comes again at its next run. The default.</summary>
    Stop,

    /// <summary>
    /// It parks the event, and behind it the later ones of its key (of its stream, unless the subscription says otherwise), so that each key is
    /// handled in order; those of other keys go on.
    /// </summary>
    Park,

    /// <summary>It parks the event alone: later ones of its key are handled before it.</summary>
    ParkAlone,
}
