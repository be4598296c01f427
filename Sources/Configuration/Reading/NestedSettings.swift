// Settings that are sections themselves: one, a list of them, or one under each name the operator chooses.

import Yams

extension Section {
    /// A section whose settings all have defaults, so that it makes no difference whether it is there.
    func within(_ key: String, _ meaning: String, _ read: (Section) -> Void) {
        _ = optional(key, meaning) { read($0) }
    }

    /// A section that may be absent. Nil: it is.
    func optional<Value>(_ key: String, _ meaning: String, _ read: (Section) -> Value?) -> Value? {
        let entry = entry(key, emptyIsAbsent: true)
        let (inner, value) = self.inner(entry?.node, name: fullName(key), read)
        declare(Setting(key: key, meaning: meaning, shape: .section(inner)))
        return value
    }

    /// A word, or a section that says more.
    func set<Value>(
        _ setting: inout Value, _ key: String, _ kind: Kind<Value>, _ meaning: String,
        orSection read: (Section) -> Value?
    ) {
        let found = entry(key)
        let section: Node? = if case .mapping = found?.node { found?.node } else { nil }
        let (inner, value) = self.inner(section, name: fullName(key), read)
        let shape = Shape.either(kind.shape, .section(inner))
        declare(Setting(key: key, meaning: meaning, shape: shape, standard: kind.write(setting)))
        if let value {
            setting = value
        } else if let found, section == nil {
            setting = self.value(found.node, kind, named: fullName(key))?.value ?? setting
        }
    }

    /// A list of sections. Nil: the file has none. Those that cannot be read are reported and left out.
    func list<Value>(
        _ key: String, required: Bool = false, _ meaning: String, _ read: (Section) -> Value?
    ) -> [Value]? {
        let (settings, _) = inner(nil, name: fullName(key) + "[]", read)
        let shape = Shape.list(.section(settings), isEmptyAllowed: !required)
        declare(Setting(key: key, meaning: meaning, shape: shape, isRequired: required))
        if required { require(key, expectation: "a list, each a section") }
        guard let items = items(key, atLeastOne: required, of: "a section") else { return nil }
        return items.compactMap { inner($0.node, name: $0.name, read).value }
    }

    /// A section under each name that the operator chose, in the file's order.
    /// - Parameter kind: of the names.
    func named<Value>(
        _ key: String, of kind: Kind<String> = .name, isRequired: Bool = true, _ meaning: String,
        _ read: (String, Section) -> Value?
    ) -> [Value] {
        let (settings, _) = inner(nil, name: fullName(key)) { read("", $0) }
        declare(Setting(key: key, meaning: meaning, shape: .map(.section(settings)), isRequired: isRequired))
        if isRequired { require(key, expectation: "a section with at least one name") }
        let entry = entry(key, emptyIsAbsent: !isRequired)
        guard let chosen = entry.flatMap({ mapping($0.node, name: fullName(key)) }) else { return [] }
        if isRequired, chosen.allEntries.isEmpty {
            report(at: key, "`\(fullName(key))` is empty; it takes at least one name")
        }
        return chosen.allEntries.compactMap { entry in
            let name = "\(fullName(key)).\(entry.key)"
            do throws(Complaint) {
                _ = try kind.read(entry.key)
            } catch {
                report(entry.place, "`\(entry.key)` is not \(kind.expectation)")
                return nil
            }
            return inner(entry.node, name: name) { read(entry.key, $0) }.value
        }
    }

    /// A value under each name that the operator chose, in the file's order.
    func pairs<Value>(
        _ key: String, _ kind: Kind<Value>, hidden: Bool = false, _ meaning: String
    ) -> [(key: String, place: Place, value: Located<Value>)] {
        declare(Setting(key: key, meaning: meaning, shape: .map(kind.shape), standard: .object([])))
        let chosen = entry(key, emptyIsAbsent: true).flatMap { mapping($0.node, name: fullName(key)) }
        return chosen?.allEntries.compactMap { entry in
            let name = "\(fullName(key)).\(entry.key)"
            return value(entry.node, kind, named: name, hidden: hidden).map { (entry.key, entry.place, $0) }
        } ?? []
    }

    /// Reads the section in `node`; describes it either way.
    private func inner<Value>(
        _ node: Node?, name: String, _ read: (Section) -> Value?
    ) -> (settings: [Setting], value: Value?) {
        let present = node.flatMap { mapping($0, name: name) }
        let section = present ?? Section(nil, name: name, place: place, reading: reading)
        let value = read(section)
        section.close()
        return (section.settings, present == nil ? nil : value)
    }

    private func mapping(_ node: Node, name: String) -> Section? {
        if node.isNothing { return Section(.init([]), name: name, place: Place(node.mark), reading: reading) }
        guard case .mapping(let mapping) = node else {
            reading.noteUnreadable(name)
            reading.report(Place(node.mark), "`\(name)` takes a section of settings, not \(described(node))")
            return nil
        }
        return Section(mapping, name: name, place: Place(mapping.mark), reading: reading)
    }
}
