namespace DataIntensive.Samples.Shop;

/// <summary>What the caller gave cannot be used: one line on standard error, exit code 2, nothing written.</summary>
internal sealed class ShopInputException(string message) : Exception(message);
