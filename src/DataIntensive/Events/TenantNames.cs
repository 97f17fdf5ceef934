using System.Text;

namespace DataIntensive.Events;

internal static class TenantNames
{
    private const int MaxBytes = 128;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Validate(string tenant)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenant);
        if (Strict.GetByteCount(tenant) > MaxBytes)
        {
            throw new ArgumentException($"The tenant '{tenant}' takes more than {MaxBytes} bytes.", nameof(tenant));
        }
    }
}
