namespace Pipeline.Ledger.Network;

/// <summary>What one directed link between two institutions has carried since it was first used.</summary>
/// <param name="Delivered">Messages handed to a receiver.</param>
/// <param name="DeliveredBytes">Their bytes.</param>
/// <param name="Lost">Messages sent while the link was cut, filtered, or the receiver had none registered.</param>
/// <param name="Overflowed">Messages dropped because the receiver's queue was full.</param>
public readonly record struct LinkCounters(long Delivered, long DeliveredBytes, long Lost, long Overflowed);
