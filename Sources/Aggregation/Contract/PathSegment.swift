// Ids out of replies become segments of the next calls' paths.

internal import Pipeline

/// `id` as one segment of a path: unreserved characters (RFC 3986 section 2.3) stay, all else is percent-encoded UTF-8.
///
/// Nil for what no encoding keeps a segment of its own: nothing, `.` and `..` (section 5.2.4); and for what is longer than any
/// id, since a reply must not make the next request grow without bound.
package func percentEncodedSegment(_ id: String) -> String? {
    if id.isEmpty || id == "." || id == ".." || id.utf8.count > longestID { return nil }
    if id.withBytes({ $0.allSatisfy(isUnreserved) }) { return id }
    return String(unsafeUninitializedCapacity: id.utf8.count * 3) { text in
        var count = 0
        for byte in id.utf8 {
            if isUnreserved(byte) {
                text[count] = byte
                count += 1
            } else {
                text[count] = UInt8(ascii: "%")
                text[count + 1] = digit(byte >> 4)
                text[count + 2] = digit(byte & 15)
                count += 3
            }
        }
        return count
    }
}

/// Bytes before percent-encoding.
private let longestID = 512

private func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        true
    default: false
    }
}

/// Upper case, as RFC 3986 section 2.1 recommends.
private func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
}
