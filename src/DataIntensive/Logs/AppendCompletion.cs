using DataIntensive.Internal;

namespace DataIntensive.Logs;

internal sealed class AppendCompletion : PooledCompletion<AppendCompletion, LogPosition>, ILogCompletion
{
    private LogAppender? _appender;

    public void Start(LogAppender appender) => _appender = appender;

    public void Complete(LogPosition position, Exception? failure)
    {
        if (failure is null)
        {
            Succeed(position);
        }
        else
        {
            Fail(failure);
        }
    }

    protected override void OnResultTaken() => _appender?.ResultTaken();

    protected override void Reset() => _appender = null;
}
