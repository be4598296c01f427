// From the schemas of the document to what replies are checked against. A reference is compiled once, however often it
// is used.

import Yams

/// Compiles schemas; what is wrong is reported to the nodes.
struct SchemaCompiler {
    /// What a value may be.
    struct Value {
        var kinds: Schema.Kinds
        var minimum: Int?
        /// What an object, or each item of a list, is. Nil: whatever it is passes.
        var record: Schema?
        var fromPath: String?

        static let anything = Value(kinds: [.string, .number, .integer, .boolean, .null, .object, .array])
    }

    private static let home = "#/components/schemas"
    /// Schemas that are compiled before the document is given up: YAML's aliases can unfold a short text without end.
    private static let most = 20_000

    let nodes: ContractNodes
    private var finished: [String: Value?] = [:]
    /// References being followed, the first one outermost.
    private var open: [String] = []
    private var count = 0

    init(_ nodes: ContractNodes) {
        self.nodes = nodes
    }

    /// All objects of `components.schemas` by name.
    mutating func records() -> [String: Schema] {
        guard let root = nodes.root, let components = nodes.child("components", of: root),
            let schemas = nodes.child("schemas", of: components).flatMap({ nodes.entries(of: $0) })
        else {
            nodes.report(.start, "the contract lacks `components.schemas`, which describe the records")
            return [:]
        }
        var records: [String: Schema] = [:]
        for entry in schemas {
            let token = entry.key.replacing("~", with: "~0").replacing("/", with: "~1")
            guard let value = value(at: "\(Self.home)/\(token)", from: entry.place) else { continue }
            guard value.kinds.contains(.object), !value.kinds.contains(.array) else { continue }
            records[entry.key] = value.record ?? Schema(name: entry.key, members: [], passesUnlisted: true)
        }
        return records
    }

    /// What a schema says. Nil: it cannot be used, which was reported.
    /// - Parameter name: how reasons name a record that is described here.
    mutating func value(_ node: Node, named name: String) -> Value? {
        count += 1
        guard count <= Self.most else {
            nodes.report(.start, "the contract unfolds to more than \(Self.most) schemas")
            return nil
        }
        if node.truth == true { return .anything }
        guard let entries = nodes.entries(of: node) else {
            nodes.report(Place(node.mark), "a schema is a mapping of keywords")
            return nil
        }
        guard areUnderstood(entries) else { return nil }
        let keyword = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
        let said =
            if let reference = keyword["$ref"] {
                stands(alone: reference, among: entries) ? referred(reference) : nil
            } else if let union = keyword["anyOf"] ?? keyword["oneOf"] {
                stands(alone: union, among: entries) ? nullable(union, named: name) : nil
            } else if let all = keyword["allOf"] {
                stands(alone: all, among: entries) ? single(all, named: name) : nil
            } else {
                plain(keyword, at: Place(node.mark), named: name)
            }
        guard var value = said else { return nil }
        if let source = keyword["x-from-path"] { value.fromPath = fromPath(source, for: value.kinds) }
        return value
    }

    /// Whether all keywords can be taken for what they say; reports those that cannot.
    private func areUnderstood(_ entries: [ContractNodes.Entry]) -> Bool {
        var result = true
        for entry in entries {
            switch SchemaKeyword(entry.key) {
            case .enforced, .unenforced, .describing: break
            case .refused(let hint):
                nodes.report(entry.place, "`\(entry.key)` is not understood: \(hint)")
                result = false
            case .unknown:
                // JSON Schema ignores unknown words; one that is nearly a known word is a slip, and would be a hole.
                guard let meant = Nearest.to(entry.key, among: SchemaKeyword.enforcedWords) else { break }
                nodes.report(entry.place, "unknown keyword `\(entry.key)`", suggestion: "`\(meant)`")
                result = false
            }
        }
        return result
    }

    /// What stands beside a reference or a choice would narrow it further; that is not supported.
    private func stands(alone entry: ContractNodes.Entry, among entries: [ContractNodes.Entry]) -> Bool {
        let others = entries.filter { other in
            guard case .enforced = SchemaKeyword(other.key) else { return false }
            return other.key != entry.key && other.key != "x-from-path"
        }
        for other in others {
            nodes.report(other.place, "`\(other.key)` cannot stand beside `\(entry.key)`")
        }
        return others.isEmpty
    }

    private mutating func referred(_ entry: ContractNodes.Entry) -> Value? {
        guard let reference = entry.node.text else {
            nodes.report(entry.place, "`$ref` takes a reference such as `\(Self.home)/Contact`")
            return nil
        }
        return value(at: reference, from: Place(entry.node.mark))
    }

    private mutating func value(at reference: String, from place: Place) -> Value? {
        if let known = finished[reference] { return known }
        if let start = open.firstIndex(of: reference) {
            let circle = (open[start...] + [reference]).map { "`\($0)`" }.joined(separator: " → ")
            nodes.report(place, "a record cannot hold itself: \(circle)")
            return nil
        }
        guard let target = nodes.target(of: reference, at: place) else { return nil }
        open.append(reference)
        let value = value(target, named: ContractNodes.tokens(of: reference).last ?? reference)
        open.removeLast()
        finished[reference] = .some(value)
        return value
    }

    /// `anyOf` or `oneOf` of one schema and null.
    private mutating func nullable(_ entry: ContractNodes.Entry, named name: String) -> Value? {
        guard case .sequence(let sequence) = entry.node, sequence.count == 2,
            let null = sequence.firstIndex(where: { nodes.child("type", of: $0)?.text == "null" })
        else {
            nodes.report(
                entry.place, "`\(entry.key)` takes one schema and `type: \"null\"`; other choices cannot be checked")
            return nil
        }
        var value = value(sequence[1 - null], named: name)
        value?.kinds.insert(.null)
        return value
    }

    /// `allOf` of one schema, as some write a reference with a description.
    private mutating func single(_ entry: ContractNodes.Entry, named name: String) -> Value? {
        guard case .sequence(let sequence) = entry.node, sequence.count == 1, let only = sequence.first else {
            nodes.report(entry.place, "`allOf` of several schemas cannot be checked; list all `properties` in one")
            return nil
        }
        return value(only, named: name)
    }

    private func fromPath(_ entry: ContractNodes.Entry, for kinds: Schema.Kinds) -> String? {
        guard let segment = entry.node.text, !segment.isEmpty, !segment.contains("/") else {
            nodes.report(entry.place, "`x-from-path` takes one segment of a path, such as `conversations`")
            return nil
        }
        if !kinds.isSubset(of: [.string, .null]) { nodes.report(entry.place, "`x-from-path` is for strings") }
        return segment
    }
}
