namespace DataIntensive.Testing;

internal enum SearchEnd
{
    Found,
    NotThere,
    OutOfTime,
    OutOfMemory,
    OutOfConfigurations,
}
