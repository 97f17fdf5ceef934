namespace DataIntensive;

/// <summary>A table whose changes a source gives.</summary>
/// <param name="Name">Its name, as <see cref="ChangeEvent.Table"/> says it.</param>
/// <param name="KeyType">The type of its keys.</param>
/// <param name="RowType">The type of its rows.</param>
public sealed record ChangeTable(string Name, Type KeyType, Type RowType);
