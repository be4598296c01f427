// `Content-Encoding` of a reply: a coding that was not asked for.

/// The field's line, as libcurl hands it over.
enum ContentCoding {
    private static let name = Array("content-encoding:".utf8)

    /// Whether the line names a coding other than `identity` (RFC 9110, section 8.4).
    static func isNamed(in line: UnsafeRawBufferPointer) -> Bool {
        guard line.count > name.count, zip(line, name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { return false }
        let value = String(decoding: line.dropFirst(name.count), as: UTF8.self).lowercased()
        return value.split(whereSeparator: { " \t\r\n,".contains($0) }).contains { $0 != "identity" }
    }
}
