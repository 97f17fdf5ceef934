namespace DataIntensive.AotSmoke;

internal sealed record Product(string Name, decimal Price, string[] Colours);
