// Reading keys.yaml: everything that is wrong with it, at once, each with its place.

internal import Configuration
internal import Yams

/// One reading of a file of keys.
struct KeyReading {
    private static let known = ["id", "sha256", "tenantId", "scopes", "workspaceId", "expiresAt", "disabled"]

    private let file: String
    /// The records that could be read.
    private(set) var found: [KeyRecord] = []
    private(set) var problems: [Problem] = []
    private var lineOfID: [String: Int] = [:]
    private var lineOfDigest: [KeyDigest: Int] = [:]

    /// Whether `keys` is there, be it with nothing behind it.
    private(set) var namesKeys = false
    /// The list behind it; nil: there is none.
    private(set) var list: Node.Sequence?

    init(_ text: String, file: String) {
        self.file = file
        do {
            // The plain resolver: nothing here depends on what YAML takes a scalar for, and guessing is slow.
            if let root = try Yams.compose(yaml: text, .basic, .default, .utf8) { read(root) }
        } catch {
            report(error)
        }
    }

    private mutating func read(_ root: Node) {
        if root.isNothing { return }
        guard case .mapping(let mapping) = root else {
            return report(root.mark, "a file of keys holds `keys`, a list of records")
        }
        for (key, value) in mapping {
            guard key.word == "keys" else {
                report(key.mark, "unknown key `\(key.word ?? "")`; a file of keys holds `keys` only")
                continue
            }
            namesKeys = true
            if value.isNothing { continue }
            guard case .sequence(let sequence) = value else {
                report(value.mark, "`keys` takes a list of records")
                continue
            }
            list = sequence
            for node in sequence { readRecord(node) }
        }
    }

    private mutating func readRecord(_ node: Node) {
        guard case .mapping(let mapping) = node else {
            return report(node.mark, "a record is a mapping with `id`, `sha256`, `tenantId` and `scopes`")
        }
        var members: [String: Node] = [:]
        for (key, value) in mapping {
            let word = key.word ?? ""
            if Self.known.contains(word) {
                members[word] = value
            } else {
                let meant = Nearest.to(word, among: Self.known).map { "`\($0)`" }
                report(key.mark, "unknown member `\(word)` of a key's record", suggestion: meant)
            }
        }
        for required in ["id", "sha256", "tenantId", "scopes"] where members[required] == nil {
            report(node.mark, "a key's record lacks `\(required)`")
        }
        let id = members["id"].flatMap { readIdentifier($0, "id") }
        let digest = members["sha256"].flatMap { readDigest($0) }
        let tenant = members["tenantId"].flatMap { readIdentifier($0, "tenantId") }
        let scopes = members["scopes"].flatMap { readScopes($0) }
        let workspace = members["workspaceId"].flatMap { $0.isNothing ? nil : readIdentifier($0, "workspaceId") }
        let expiry = members["expiresAt"].flatMap { $0.isNothing ? nil : readExpiry($0) }
        let isDisabled = members["disabled"].flatMap { readFlag($0, "disabled") } ?? false
        guard let id, let digest, let tenant, let scopes else { return }
        found.append(
            KeyRecord(
                id: id, digest: digest, tenantId: tenant, scopes: scopes, workspaceId: workspace, expiresAt: expiry,
                isDisabled: isDisabled))
    }
}

extension KeyReading {
    /// What a header field and a log line can carry as it is.
    private mutating func readIdentifier(_ node: Node, _ name: String) -> String? {
        guard let word = node.word, Self.isIdentifier(word) else {
            report(node.mark, "`\(name)` takes 1 to 128 visible letters of ASCII, without `\"` and `\\`")
            return nil
        }
        guard name == "id" else { return word }
        if let line = lineOfID.updateValue(node.mark?.line ?? 1, forKey: word) {
            report(node.mark, "the id `\(word)` is there twice; the first is in line \(line)")
        }
        return word
    }

    private mutating func readDigest(_ node: Node) -> KeyDigest? {
        guard let word = node.word, let digest = KeyDigest(hex: word) else {
            // What stands there may be a key that was put in by mistake: it is not repeated.
            report(node.mark, "`sha256` takes the key's SHA-256, 64 hexadecimal digits")
            return nil
        }
        if let line = lineOfDigest.updateValue(node.mark?.line ?? 1, forKey: digest) {
            report(node.mark, "the same key is there twice; the first is in line \(line)")
        }
        return digest
    }

    private mutating func readScopes(_ node: Node) -> [String]? {
        guard case .sequence(let sequence) = node else {
            report(node.mark, "`scopes` takes a list, such as [conversations:read]")
            return nil
        }
        return sequence.compactMap { readIdentifier($0, "scopes") }
    }

    private mutating func readExpiry(_ node: Node) -> CalendarTime? {
        let time = node.word.flatMap { CalendarTime($0) }
        if time == nil { report(node.mark, "`expiresAt` takes a time with its zone, such as 2027-01-31T00:00:00Z") }
        return time
    }

    private mutating func readFlag(_ node: Node, _ name: String) -> Bool? {
        switch node.word {
        case "true": return true
        case "false": return false
        default:
            report(node.mark, "`\(name)` takes true or false")
            return nil
        }
    }

    private static func isIdentifier(_ word: String) -> Bool {
        (1...128).contains(word.utf8.count)
            && word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    private mutating func report(_ mark: Mark?, _ message: String, suggestion: String? = nil) {
        problems.append(
            Problem(
                file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, message: message, suggestion: suggestion))
    }

    private mutating func report(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            report(mark, "this is not YAML: " + [context?.text, problem].compactMap { $0 }.joined(separator: ", "))
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            report(context.mark, "\(keys.map { "`\($0)`" }.joined(separator: ", ")) is there twice")
        case YamlError.reader(let problem, _, _, _):
            report(nil, "this is not YAML: \(problem)")
        default:
            report(nil, "this is not YAML")
        }
    }
}

extension Node {
    fileprivate var word: String? {
        if case .scalar(let scalar) = self { scalar.string } else { nil }
    }

    /// Nothing behind a key, or a null.
    fileprivate var isNothing: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }
}
