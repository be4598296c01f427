// Where the time went, for the browser's developer tools: Server-Timing (W3C), one entry a part and the total. Written
// byte for byte: twenty appends to a String were measured at three hundredths of a request.

internal import Pipeline

/// `Server-Timing`.
enum ServerTiming {
    /// What an entry has besides its name: `;dur=`, a number, a point, room for another number, `, `.
    private static let most = 5 + DecimalDigits.longest + 1 + DecimalDigits.longest + 2

    static func field(_ parts: [RequestRecord.Part], total: Duration) -> Response.Field {
        let capacity = parts.reduce(5 + most) { $0 + $1.name.utf8.count + most }
        let value = String(unsafeUninitializedCapacity: capacity) { bytes in
            var count = 0
            for part in parts {
                entry(part.name, part.started.duration(to: part.ended), into: bytes, &count)
                append(", ", into: bytes, &count)
            }
            entry("total", total, into: bytes, &count)
            return count
        }
        return Response.Field("Server-Timing", value)
    }

    private static func entry(
        _ name: String, _ duration: Duration, into bytes: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) {
        append(name, into: bytes, &count)
        append(";dur=", into: bytes, &count)
        append(duration, into: bytes, &count)
    }

    private static func append(
        _ text: String, into bytes: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) {
        text.withBytes { text in
            _ = UnsafeMutableBufferPointer(rebasing: bytes[count...]).update(fromContentsOf: text)
            count += text.count
        }
    }

    /// Milliseconds with one decimal.
    private static func append(
        _ duration: Duration, into bytes: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) {
        let time = duration.components
        let tenths = UInt64(max(0, time.seconds * 10_000 + time.attoseconds / 100_000_000_000_000))
        guard let start = bytes.baseAddress else { return }
        count += DecimalDigits.write(tenths / 10, to: start + count)
        append(".", into: bytes, &count)
        count += DecimalDigits.write(tenths % 10, to: start + count)
    }
}
