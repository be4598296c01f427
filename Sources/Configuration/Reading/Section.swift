// Reading one section of the file. Asking for a key also declares it: what a section asks for is what it knows, so one
// piece of code serves to read, to find unknown keys and to describe the section to editors.

import Yams

/// One mapping of the file, or the place where one could be.
///
/// A section that is absent is asked the same questions, so that it is described too; it answers with nothing and
/// reports nothing.
final class Section {
    /// Dotted, from the top: `server.listen[0]`. Empty for the file as a whole.
    let name: String
    let place: Place
    let reading: Reading
    /// Whether the file has it.
    let isPresent: Bool
    private(set) var settings: [Setting] = []
    private let entries: [Entry]

    struct Entry {
        let key: String
        let place: Place
        let node: Node
    }

    /// - Parameter node: nil where the file has no such section.
    init(_ node: Node.Mapping?, name: String, place: Place, reading: Reading) {
        self.name = name
        self.place = place
        self.reading = reading
        isPresent = node != nil
        entries = node.map { Self.entries(of: $0, in: name, reading) } ?? []
    }

    /// The file as a whole. Nil: it is not a mapping, which was reported. An empty file is one without keys.
    convenience init?(root reading: Reading) {
        switch reading.yaml.root {
        case .mapping(let mapping)?:
            self.init(mapping, name: "", place: Place(mapping.mark), reading: reading)
        case let node? where !node.isNothing:
            reading.report(
                Place(node.mark), "a configuration is a mapping of sections: server, auth, upstreams, routes …")
            return nil
        default:
            self.init(Node.Mapping([]), name: "", place: .start, reading: reading)
        }
    }

    /// The mapping's keys, without those that are doubled.
    private static func entries(of mapping: Node.Mapping, in name: String, _ reading: Reading) -> [Entry] {
        var entries: [Entry] = []
        for (key, node) in mapping {
            let place = Place(key.mark)
            guard case .scalar(let scalar) = key else {
                reading.report(place, "a key must be a word")
                continue
            }
            let key = reading.yaml.original(scalar.string)
            if let first = entries.first(where: { $0.key == key }) {
                reading.report(place, "`\(key)` is there twice; the first is in line \(first.place.line)")
            } else {
                entries.append(Entry(key: key, place: place, node: node))
            }
        }
        return entries
    }

    /// All keys, for a section whose keys the operator chooses.
    var allEntries: [Entry] { entries }

    /// `key` as a problem names it.
    func fullName(_ key: String) -> String {
        name.isEmpty ? key : "\(name).\(key)"
    }

    func has(_ key: String) -> Bool {
        entries.contains { $0.key == key }
    }

    func isEmptyList(_ key: String) -> Bool {
        if case .sequence(let items)? = entries.first(where: { $0.key == key })?.node { items.isEmpty } else { false }
    }

    func report(at key: String, _ message: String, suggestion: String? = nil) {
        let entry = entries.first { $0.key == key }
        let place = entry.map { $0.node.mark.map(Place.init) ?? $0.place }
        report(place ?? self.place, message, suggestion: suggestion)
    }

    func report(_ place: Place, _ message: String, suggestion: String? = nil) {
        if isPresent { reading.report(place, message, suggestion: suggestion) }
    }

    /// Adds to the section's description.
    func declare(_ setting: Setting) {
        settings.append(setting)
    }

    /// What the file has for a declared key. A key with nothing behind it (`tls:`) counts as absent where
    /// `emptyIsAbsent`.
    func entry(_ key: String, emptyIsAbsent: Bool = false) -> Entry? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        if emptyIsAbsent, entry.node.isNothing { return nil }
        return entry
    }

    /// Reports a required key that is missing.
    func require(_ key: String, expectation: String) {
        guard !has(key) else { return }
        let whole = name.isEmpty ? "the configuration" : "`\(name)`"
        report(place, "\(whole) lacks `\(key)`, \(expectation)")
    }

    /// Reports the keys that nobody asked for. Called when all questions have been asked.
    func close() {
        let known = settings.map(\.key)
        for entry in entries where !known.contains(entry.key) {
            let whole = name.isEmpty ? "at the top" : "in `\(name)`"
            let meant = Nearest.to(entry.key, among: known.filter { !has($0) }) ?? Nearest.to(entry.key, among: known)
            reading.report(
                entry.place, "unknown setting `\(entry.key)` \(whole)", suggestion: meant.map { "`\($0)`" })
        }
    }
}

extension Node {
    /// `key:` with nothing behind it, or a null.
    var isNothing: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }
}
