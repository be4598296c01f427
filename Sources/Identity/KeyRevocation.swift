// Taking a key away in keys.yaml, by changing one word or adding one line: what a person wrote there stays as it is.

internal import Configuration
internal import Yams

/// No record has the id that was asked for.
package struct UnknownKey: Error {}

extension KeyFile {
    /// What the file at `path` holds, in its order.
    /// - Throws: `ConfigurationProblems` with everything that is wrong with it; an error with a sentence, if it cannot be
    ///   read.
    package static func records(in path: String) throws -> [KeyRecord] {
        try checked(try KeyText.read(path), file: path)
    }

    /// Disables the key `id` in the file at `path`. All other text of the file stays as it is.
    /// - Returns: false: it was disabled already, and nothing was written.
    /// - Throws: `UnknownKey`; else as `append` does.
    package static func revoke(_ id: String, in path: String) throws -> Bool {
        // Before there is a lock beside it: the path may be wrong.
        _ = try KeyText.read(path)
        return try locked(path) { path in
            let old = try KeyText.read(path)
            let records = try checked(old, file: path)
            guard let record = records.first(where: { $0.id == id }) else { throw UnknownKey() }
            guard !record.isDisabled else { return false }
            let new = try disabling(id, in: old)
            let expected = records.map { $0.id == id ? $0.disabled : $0 }
            guard KeyReading(new, file: path).found == expected else { throw Self.unwritable(id) }
            try KeyText.replace(path, with: new)
            return true
        }
    }

    /// `text` with `disabled: true` in the record of that id.
    static func disabling(_ id: String, in text: String) throws -> String {
        for case .mapping(let record) in KeyReading(text, file: "").list ?? [] {
            let members = record.compactMap { key, value in key.scalar.map { ($0, value) } }
            guard let name = members.first(where: { $0.0.string == "id" && $0.1.scalar?.string == id })?.0 else {
                continue
            }
            if let flag = members.first(where: { $0.0.string == "disabled" })?.1 {
                return try replacing("false", at: flag.mark, by: "true", in: text, id)
            }
            if let start = position(of: record.mark, in: text), text.unicodeScalars[start] == "{" {
                return try replacing("{", at: record.mark, by: "{ disabled: true,", in: text, id)
            }
            guard let mark = name.mark, let start = position(of: mark, in: text) else { throw unwritable(id) }
            return inserting("disabled: true", below: start, indent: mark.column - 1, in: text)
        }
        throw UnknownKey()
    }

    private static func replacing(
        _ word: String, at mark: Mark?, by other: String, in text: String, _ id: String
    ) throws -> String {
        var text = text
        guard let start = position(of: mark, in: text), text[start...].hasPrefix(word),
            let end = text.index(start, offsetBy: word.count, limitedBy: text.endIndex)
        else { throw unwritable(id) }
        text.replaceSubrange(start..<end, with: other)
        return text
    }

    private static func inserting(
        _ line: String, below place: String.Index, indent: Int, in text: String
    ) -> String {
        var text = text
        let new = String(repeating: " ", count: max(0, indent)) + line
        guard let end = text.unicodeScalars[place...].firstIndex(of: "\n") else { return text + "\n" + new + "\n" }
        text.unicodeScalars.insert(contentsOf: (new + "\n").unicodeScalars, at: text.unicodeScalars.index(after: end))
        return text
    }

    private static func unwritable(_ id: String) -> UnusableText {
        UnusableText(
            description: "the record of \(id) is written in a way that only a person can change: disable it by hand")
    }

    private static func checked(_ text: String, file: String) throws -> [KeyRecord] {
        let reading = KeyReading(text, file: file)
        guard reading.problems.isEmpty else { throw ConfigurationProblems(reading.problems) }
        return reading.found
    }
}
