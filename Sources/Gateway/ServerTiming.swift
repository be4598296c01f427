// Where the time went, for the browser's developer tools: Server-Timing (W3C), one entry a part and the total.

internal import Pipeline

/// `Server-Timing`.
enum ServerTiming {
    static func field(_ parts: [RequestRecord.Part], total: Duration) -> Response.Field {
        var value = ""
        value.reserveCapacity(32 * (parts.count + 1))
        for part in parts {
            value += part.name
            value += ";dur="
            append(part.started.duration(to: part.ended), to: &value)
            value += ", "
        }
        value += "total;dur="
        append(total, to: &value)
        return Response.Field("Server-Timing", value)
    }

    /// Milliseconds with one decimal.
    private static func append(_ duration: Duration, to text: inout String) {
        let tenths = max(
            0, duration.components.seconds * 10_000 + duration.components.attoseconds / 100_000_000_000_000)
        text += String(tenths / 10)
        text += "."
        text += String(tenths % 10)
    }
}
