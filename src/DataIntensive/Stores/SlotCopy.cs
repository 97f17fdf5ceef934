namespace DataIntensive.Stores;

// What a place held at one moment. The default: its key was absent.
internal readonly record struct SlotCopy<TContent>(long Revision, TContent Content)
    where TContent : struct;
