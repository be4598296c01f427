// Adding to keys.yaml: by several at once, under the eyes of a running gateway, and without touching what a person
// wrote there.

import Glibc
internal import Yams

package enum KeyFile {
    /// Appends `record` to the file at `path`, which is made if it is not there (mode 0600).
    ///
    /// The file's other text stays as it is, comments too. Who else appends waits for a lock on `path` + `.lock`; who
    /// reads finds the file without or with the record, whole.
    /// - Throws: `ConfigurationProblems`, if the file, or the file with the record, would not load (a key of that id is
    ///   there, say); an error with a sentence, if the file cannot be written or nothing can be appended to its layout.
    package static func append(_ record: KeyRecord, to path: String) throws {
        try locked(path) { path in
            let old = access(path, F_OK) == 0 ? try KeyText.read(path) : ""
            let count = try APIKeys.read(old, file: path).count
            let new = try appending(record, to: old)
            guard try APIKeys.read(new, file: path).count == count + 1, new.utf8.count <= KeyText.longest else {
                throw UnusableText(
                    description: "\(path) cannot be appended to: what is added would not be its last record")
            }
            try KeyText.replace(path, with: new)
        }
    }

    /// What `change` does with the file while nobody else changes it. It is given the file's own path: a link is followed,
    /// and what it points to is replaced, not the link.
    static func locked<Result>(_ path: String, _ change: (String) throws -> Result) throws -> Result {
        let path = try realPath(path)
        let lock = try FileLock(path + ".lock")
        defer { lock.release() }
        return try change(path)
    }

    /// `text` with the record behind its last one.
    static func appending(_ record: KeyRecord, to text: String) throws -> String {
        let reading = KeyReading(text, file: "")
        var text = text
        guard let list = reading.list else {
            return lines(text) + (reading.namesKeys ? "" : "keys:\n") + record.yaml
        }
        if list.isEmpty {
            // Only `[]` is an empty list.
            guard removeEmptyList(at: list.mark, from: &text) else { throw inBrackets }
            return lines(text) + record.yaml
        }
        guard character(at: list.mark, of: text) == "-" else { throw inBrackets }
        // The list is the file's last member, for it is the only one: its end is the file's.
        return lines(text) + record.yaml(indent: max(0, (list.mark?.column ?? 3) - 1))
    }

    private static func lines(_ text: String) -> String {
        text.isEmpty || text.utf8.last == UInt8(ascii: "\n") ? text : text + "\n"
    }

    private static let inBrackets = UnusableText(
        description: "the list is written in [ ]: write one record below the other, each with `- `")

    /// Takes away a `[]`, so that records can follow below.
    private static func removeEmptyList(at mark: Mark?, from text: inout String) -> Bool {
        guard let start = position(of: mark, in: text), let end = text.unicodeScalars[start...].firstIndex(of: "]"),
            text.unicodeScalars[start..<end].dropFirst().allSatisfy({ $0 == " " })
        else { return false }
        text.unicodeScalars.removeSubrange(start...end)
        return true
    }

    /// Yams knows how a list is written, but not reliably.
    private static func character(at mark: Mark?, of text: String) -> Unicode.Scalar? {
        position(of: mark, in: text).map { text.unicodeScalars[$0] }
    }

    static func position(of mark: Mark?, in text: String) -> String.Index? {
        guard let mark else { return nil }
        var rest = text.unicodeScalars[...]
        for _ in 1..<max(mark.line, 1) {
            guard let end = rest.firstIndex(of: "\n") else { return nil }
            rest = rest[end...].dropFirst()
        }
        rest = rest.dropFirst(mark.column - 1)
        return rest.isEmpty ? nil : rest.startIndex
    }

    /// - Throws: if `path` is a link to nothing: where its file belongs may be missing for now only (a disk that is not
    ///   there), and a file in the link's place would be another one.
    private static func realPath(_ path: String) throws -> String {
        guard let real = realpath(path, nil) else {
            let reason = errno
            var link: [CChar] = [0]
            guard readlink(path, &link, 1) < 0 else {
                throw SystemRefusal(action: "follow the link", path: path, errorNumber: reason)
            }
            return path
        }
        defer { free(real) }
        return String(cString: real)
    }
}

/// A lock that the system takes away from whoever dies.
private struct FileLock {
    private let descriptor: Int32

    /// Waits until nobody else has it. The file stays: were it removed, two could lock two files of that name.
    init(_ path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemRefusal(action: "open", path: path, errorNumber: errno) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let error = SystemRefusal(action: "lock", path: path, errorNumber: errno)
                close(descriptor)
                throw error
            }
        }
    }

    func release() {
        close(descriptor)
    }
}
