// A response as a client read it, kept as it came so that a test can look at every byte.

import Foundation

/// One response.
package struct HTTPReply: Sendable, Equatable {
    package let status: Int
    /// In the order in which they came.
    package let fields: [Field]
    package let body: [UInt8]

    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The only value of a field; nil if there is none, or several. Names in any case.
    package subscript(_ name: String) -> String? {
        let values = fields.filter { $0.name.lowercased() == name.lowercased() }
        return values.count == 1 ? values[0].value : nil
    }

    package func has(_ name: String) -> Bool {
        fields.contains { $0.name.lowercased() == name.lowercased() }
    }

    /// The body as an object; nil: it is none.
    package var object: [String: Any]? {
        do {
            return try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        } catch {
            return nil
        }
    }

    /// The sentence of the standard error object; nil if the body is anything else, or has more in it.
    package var errorSentence: String? {
        guard let object, object.count == 1 else { return nil }
        return object["error"] as? String
    }

    /// From the bytes in front of a response's empty line.
    init?(head: some Sequence<UInt8>, body: [UInt8]) {
        let lines = String(decoding: Array(head), as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "HTTP/1.1", let status = Int(words[1]) else { return nil }
        self.status = status
        self.body = body
        var fields: [Field] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            fields.append(Field(name: String(line[..<colon]), value: value))
        }
        self.fields = fields
    }
}
