// The document as a tree: finding nodes, following references, keeping what is wrong.

import Yams

/// One reading of one document.
final class ContractNodes {
    struct Entry {
        let key: String
        let place: Place
        let node: Node
    }

    private let yaml: YAMLText
    private let file: String
    private(set) var problems: [Problem] = []
    /// What is looked at twice is reported once.
    private var reported: Set<String> = []

    init(_ yaml: YAMLText, file: String) {
        self.yaml = yaml
        self.file = file
    }

    var root: Node? { yaml.root }

    func report(_ place: Place, _ message: String, suggestion: String? = nil) {
        let problem = Problem(
            file: file, line: place.line, column: place.column, message: message, suggestion: suggestion)
        if reported.insert(problem.description).inserted { problems.append(problem) }
    }

    /// A mapping's keys in their order, without those that are doubled. Nil: the node is no mapping.
    func entries(of node: Node) -> [Entry]? {
        guard case .mapping(let mapping) = node else { return nil }
        var entries: [Entry] = []
        var lines: [String: Int] = [:]
        for (key, value) in mapping {
            let place = Place(key.mark)
            guard case .scalar(let scalar) = key else {
                report(place, "a key must be a word")
                continue
            }
            let name = yaml.original(scalar.string)
            if let first = lines[name] {
                report(place, "`\(name)` is there twice; the first is in line \(first)")
            } else {
                lines[name] = place.line
                entries.append(Entry(key: name, place: place, node: value))
            }
        }
        return entries
    }

    /// What stands behind `key`, if `node` is a mapping that has it.
    func child(_ key: String, of node: Node) -> Node? {
        entries(of: node)?.first { $0.key == key }?.node
    }

    /// What a reference such as `#/components/schemas/Contact` points to (RFC 6901 section 6). Nil: nothing, which was
    /// reported.
    func target(of reference: String, at place: Place) -> Node? {
        guard reference.hasPrefix("#/"), var node = root else {
            report(
                place, "`\(reference)` points out of the document; only references that begin with `#/` are followed")
            return nil
        }
        for token in Self.tokens(of: reference) {
            guard let next = step(from: node, token) else {
                let known = entries(of: node)?.map(\.key) ?? []
                let meant = Nearest.to(token, among: known).map { "`\($0)`" }
                report(place, "`\(reference)` points to nothing: there is no `\(token)`", suggestion: meant)
                return nil
            }
            node = next
        }
        return node
    }

    private func step(from node: Node, _ token: String) -> Node? {
        if case .sequence(let sequence) = node {
            return Int(token).flatMap { sequence.indices.contains($0) ? sequence[$0] : nil }
        }
        return child(token, of: node)
    }

    static func tokens(of reference: String) -> [String] {
        reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false).map {
            // This order: `~01` is `~1`.
            String($0.replacing("~1", with: "/").replacing("~0", with: "~"))
        }
    }
}

extension Node {
    /// The text of a scalar, whatever YAML takes it for.
    var text: String? {
        if case .scalar(let scalar) = self { scalar.string } else { nil }
    }

    /// `true` or `false`, unquoted.
    var truth: Bool? {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return nil }
        return switch scalar.string {
        case "true": true
        case "false": false
        default: nil
        }
    }
}
