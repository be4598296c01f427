// Where the time went, for the browser's developer tools: Server-Timing (W3C), one entry a part and the total. Written
// byte for byte: twenty appends to a String were measured at three hundredths of a request.

internal import Pipeline

/// `Server-Timing`.
enum ServerTiming {
    /// What an entry has besides its name: `;dur=`, 19 digits, a point, a digit, `, `.
    private static let most = 28

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
        var rest = UInt64(max(0, time.seconds * 10_000 + time.attoseconds / 100_000_000_000_000))
        var digits = 2
        var bound: UInt64 = 100
        while rest >= bound, digits < 19 {
            digits += 1
            bound &*= 10
        }
        // From the last: the decimal, the point, the whole milliseconds.
        var place = count + digits
        for digit in 0...digits {
            if digit == 1 {
                bytes[place] = UInt8(ascii: ".")
            } else {
                bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            place -= 1
        }
        count += digits + 1
    }
}
