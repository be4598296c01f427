// Schemas that say themselves what a value is: `type` and what goes with it.

import Yams

extension SchemaCompiler {
    typealias Keywords = [String: ContractNodes.Entry]

    private static let kinds: [(word: String, kind: Schema.Kinds)] = [
        ("string", .string), ("integer", .integer), ("number", .number), ("boolean", .boolean), ("null", .null),
        ("object", .object), ("array", .array),
    ]

    mutating func plain(_ keyword: Keywords, at place: Place, named name: String) -> Value? {
        guard let kinds = kinds(keyword) else { return nil }
        for (word, needed) in [("properties", Schema.Kinds.object), ("items", .array)] {
            guard let entry = keyword[word], !kinds.contains(needed) || keyword["type"] == nil else { continue }
            nodes.report(entry.place, "`\(word)` needs `type: \(needed == .object ? "object" : "array")` beside it")
            return nil
        }
        var value = Value(kinds: kinds)
        if let minimum = keyword["minimum"] { value.minimum = integer(minimum) }
        switch (keyword["properties"] ?? keyword["additionalProperties"], keyword["items"]) {
        case (_?, let items?):
            nodes.report(
                items.place,
                "what is an object or a list at choice cannot be checked; leave `items` or `properties` out")
            return nil
        case (_?, nil) where kinds.contains(.object):
            value.record = record(keyword, at: place, named: name)
        case (nil, let items?):
            value.record = record(ofItems: items, named: name)
        default: break
        }
        return value
    }

    /// A missing `type` allows everything.
    private func kinds(_ keyword: Keywords) -> Schema.Kinds? {
        guard let entry = keyword["type"] else { return Value.anything.kinds }
        let words: [Node] = if case .sequence(let sequence) = entry.node { Array(sequence) } else { [entry.node] }
        var kinds: Schema.Kinds = []
        for word in words {
            guard let kind = Self.kinds.first(where: { $0.word == word.text })?.kind else {
                let known = Self.kinds.map(\.word)
                let meant = word.text.flatMap { Nearest.to($0, among: known) }
                nodes.report(
                    Place(word.mark), "`type` takes \(known.joined(separator: ", ")), or a list of them",
                    suggestion: meant.map { "`\($0)`" })
                return nil
            }
            kinds.insert(kind)
        }
        if kinds.isEmpty { nodes.report(entry.place, "`type` is an empty list, so nothing would pass") }
        return kinds.isEmpty ? nil : kinds
    }

    private func integer(_ entry: ContractNodes.Entry) -> Int? {
        let number = entry.node.text.flatMap { Int($0) }
        if number == nil { nodes.report(entry.place, "`minimum` takes a whole number; others cannot be checked") }
        return number
    }

    /// What the objects are that a list holds. Nil: items of other kinds, which are not looked at.
    private mutating func record(ofItems entry: ContractNodes.Entry, named name: String) -> Schema? {
        guard let item = value(entry.node, named: name), let record = item.record else { return nil }
        guard item.kinds == .object else {
            nodes.report(entry.place, "the items of a list are objects and nothing else, or cannot be checked")
            return nil
        }
        return record
    }

    private mutating func record(_ keyword: Keywords, at place: Place, named name: String) -> Schema? {
        let properties = keyword["properties"].flatMap { listed($0) } ?? []
        let required = required(keyword["required"], among: properties.map(\.key))
        var members: [Schema.Member] = []
        for property in properties {
            guard let value = value(property.node, named: "\(name).\(property.key)") else { continue }
            members.append(
                Schema.Member(
                    name: property.key, kinds: value.kinds, isRequired: required.contains(property.key),
                    minimum: value.minimum, schema: value.record, fromPath: value.fromPath))
        }
        return Schema(name: name, members: members, passesUnlisted: passesUnlisted(keyword["additionalProperties"]))
    }

    private func listed(_ entry: ContractNodes.Entry) -> [ContractNodes.Entry]? {
        let properties = nodes.entries(of: entry.node)
        if properties == nil { nodes.report(entry.place, "`properties` takes a mapping from names to schemas") }
        return properties
    }

    private func required(_ entry: ContractNodes.Entry?, among names: [String]) -> Set<String> {
        guard let entry else { return [] }
        guard case .sequence(let sequence) = entry.node else {
            nodes.report(entry.place, "`required` takes a list of names")
            return []
        }
        for node in sequence where !names.contains(where: { $0 == node.text }) {
            let meant = node.text.flatMap { Nearest.to($0, among: names) }
            nodes.report(
                Place(node.mark), "`required` names `\(node.text ?? "")`, which is not among the `properties`",
                suggestion: meant.map { "`\($0)`" })
        }
        return Set(sequence.compactMap(\.text))
    }

    /// JSON Schema's own default is to let other members pass.
    private func passesUnlisted(_ entry: ContractNodes.Entry?) -> Bool {
        guard let entry else { return true }
        if let truth = entry.node.truth { return truth }
        nodes.report(
            entry.place, "`additionalProperties` takes true or false; members that are not listed cannot be checked")
        return true
    }
}
