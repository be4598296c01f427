// Settings that are one value, or a plain list of values.

import Yams

extension Section {
    /// Replaces `setting`, which holds the default, by what the file says.
    func set<Value>(_ setting: inout Value, _ key: String, _ kind: Kind<Value>, _ meaning: String) {
        declare(Setting(key: key, meaning: meaning, shape: kind.shape, standard: kind.write(setting)))
        if let found = scalar(key, kind) { setting = found.value }
    }

    /// Fills `setting` if the file has something for it.
    func set<Value>(_ setting: inout Value?, _ key: String, _ kind: Kind<Value>, _ meaning: String) {
        if let found = find(key, kind, meaning) { setting = found.value }
    }

    /// What the file says, if it does.
    func find<Value>(
        _ key: String, _ kind: Kind<Value>, _ meaning: String, standard: Value? = nil
    ) -> Located<Value>? {
        declare(Setting(key: key, meaning: meaning, shape: kind.shape, standard: standard.map(kind.write)))
        return scalar(key, kind)
    }

    /// What the file says, which no problem repeats.
    func secret<Value>(_ key: String, _ kind: Kind<Value>, _ meaning: String) -> Value? {
        declare(Setting(key: key, meaning: meaning, shape: kind.shape))
        return entry(key).flatMap { value($0.node, kind, named: fullName(key), hidden: true)?.value }
    }

    /// What the file says. Nil: nothing that can be used, which was reported.
    func need<Value>(_ key: String, _ kind: Kind<Value>, _ meaning: String) -> Located<Value>? {
        declare(Setting(key: key, meaning: meaning, shape: kind.shape, isRequired: true))
        require(key, expectation: kind.expectation)
        return scalar(key, kind)
    }

    /// A list of values. One that cannot be read is reported and left out.
    func set<Value>(
        _ setting: inout [Value], _ key: String, listOf kind: Kind<Value>, atLeastOne: Bool = false, _ meaning: String
    ) {
        let standard: WrittenJSON? = atLeastOne ? nil : .list(setting.map(kind.write))
        declare(
            Setting(
                key: key, meaning: meaning, shape: .list(kind.shape, isEmptyAllowed: !atLeastOne),
                isRequired: atLeastOne, standard: standard))
        if atLeastOne { require(key, expectation: "a list, each \(kind.expectation)") }
        guard let items = items(key, atLeastOne: atLeastOne, of: kind.expectation) else { return }
        setting = items.compactMap { value($0.node, kind, named: $0.name)?.value }
    }

    /// The list behind `key`; a problem is reported unless it is absent or one.
    func items(
        _ key: String, atLeastOne: Bool, of expectation: String
    ) -> [(name: String, node: Node)]? {
        guard let entry = entry(key, emptyIsAbsent: !atLeastOne) else { return nil }
        let name = fullName(key)
        guard case .sequence(let sequence) = entry.node else {
            reading.noteUnreadable(name)
            report(at: key, "`\(name)` takes a list (each \(expectation)), not \(described(entry.node))")
            return nil
        }
        if atLeastOne, sequence.isEmpty { report(at: key, "`\(name)` is empty; it takes a list, each \(expectation)") }
        return sequence.enumerated().map { ("\(name)[\($0)]", $1) }
    }

    private func scalar<Value>(_ key: String, _ kind: Kind<Value>) -> Located<Value>? {
        entry(key).flatMap { value($0.node, kind, named: fullName(key)) }
    }

    /// The value a node holds. Nil: none of the kind, which was reported.
    func value<Value>(_ node: Node, _ kind: Kind<Value>, named name: String, hidden: Bool = false) -> Located<Value>? {
        guard case .scalar(let scalar) = node else {
            reading.noteUnreadable(name)
            reading.report(Place(node.mark), "`\(name)` takes \(kind.expectation), not \(described(node))")
            return nil
        }
        guard let text = reading.text(scalar, named: name) else { return nil }
        do {
            return Located(value: try kind.read(text.value), text: text)
        } catch {
            let what = error.reason ?? "takes \(kind.expectation)" + (hidden ? "" : ", not \(text.shown)")
            // A suggestion is made from the value, and may give it away.
            let suggestion = hidden || text.isExpanded ? nil : error.suggestion
            reading.noteUnreadable(name)
            reading.report(text.place, "`\(name)` \(what)", suggestion: suggestion)
            return nil
        }
    }

    /// What a node is, for a problem that expected something else. Does not quote it: it may be a credential.
    func described(_ node: Node) -> String {
        switch node {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a section"
        case .alias: "an alias"
        }
    }
}

extension Kind {
    var shape: Shape { .scalar(schema, expectation: expectation) }
}
