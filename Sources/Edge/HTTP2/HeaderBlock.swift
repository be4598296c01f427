// The header section of an answer as libnghttp2 wants it: pointers to names in lower case and values.

internal import CNGHTTP2
internal import Pipeline

/// Kept from answer to answer, so that laying one out costs no allocation.
struct HeaderBlock {
    private var bytes: [UInt8] = []
    private var lengths: [(name: Int, value: Int, flags: UInt8)] = []
    private var pairs: [nghttp2_nv] = []

    /// - Parameter date: the value of `Date`.
    mutating func set(_ response: Response, date: some Collection<UInt8>) {
        clear()
        append(":status", String(response.status))
        for field in response.fields { append(field.name, field.value) }
        append("date", date)
        // As in HTTP/1.1: a 204 must not tell a length, a 304 need not (RFC 9110, section 8.6).
        if response.status != 304, response.status != 204 { append("content-length", String(response.body.count)) }
    }

    /// An answer before the answer, of a status alone.
    mutating func set(informational status: Int) {
        clear()
        append(":status", String(status))
    }

    /// Valid within `body` only.
    mutating func withPairs<Result>(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> Result) -> Result {
        bytes.withUnsafeMutableBufferPointer { bytes in
            var next = bytes.baseAddress
            pairs.removeAll(keepingCapacity: true)
            for (name, value, flags) in lengths {
                pairs.append(
                    nghttp2_nv(
                        name: next, value: next?.advanced(by: name), namelen: name, valuelen: value, flags: flags))
                next = next?.advanced(by: name + value)
            }
            return pairs.withUnsafeBufferPointer(body)
        }
    }

    private mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
    }

    private mutating func append(_ name: String, _ value: String) {
        append(name, value.utf8)
    }

    private mutating func append(_ name: String, _ value: some Collection<UInt8>) {
        for byte in name.utf8 {
            bytes.append((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte)
        }
        bytes.append(contentsOf: value)
        // What no other answer has would only push out of the client's table what all have.
        let isUnique = name == "X-Request-Id" || name == "Server-Timing" || name == "ETag"
        let flags = isUnique ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE
        lengths.append((name.utf8.count, value.count, UInt8(flags.rawValue)))
    }
}
