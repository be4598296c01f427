// A rule of a script file: for which calls it holds, and its actions, one key each.

import Yams

extension ScriptReader {
    private static let conditions = [
        "name", "service", "path", "id", "reused", "nth", "first", "from", "every", "probability",
    ]
    private static let actions = [
        "delay", "drip", "status", "headers", "body", "garbage", "notJSON", "redirect", "wrongTenant",
        "wrongConversation", "bareArray", "without", "nullify", "mistype", "duplicate", "set", "nested", "invalidUTF8",
        "oversized", "compressed", "chunked", "contentLength", "hugeHeaders", "informational", "endless",
        "secondReply", "raw", "hang", "reset", "close",
    ]
    /// Of each of these a rule has one at most.
    private static let exclusive = [
        ["nth", "first", "from", "every"], ["body", "garbage", "notJSON", "raw"], ["chunked", "contentLength"],
        ["hang", "reset", "close"], ["redirect", "status"], ["raw", "status"], ["raw", "headers"],
    ]
    private static let withConnect: Set = ["name", "service", "nth", "first", "from", "every", "probability", "reset"]

    mutating func rule(_ node: Node) -> Rule {
        var rule = Rule()
        let members = members(of: node, "a rule", known: Self.conditions + Self.actions)
        for (key, value) in members {
            if Self.conditions.contains(key) {
                readCondition(key, value, into: &rule)
            } else {
                rule.actions += actions(key, value)
            }
        }
        let keys = Set(members.map(\.key))
        for group in Self.exclusive {
            let used = group.filter(keys.contains)
            if used.count > 1 { report("\(used.joined(separator: " and ")) exclude each other", at: node) }
        }
        if rule.actions.contains(.resetAtAccept), !keys.isSubset(of: Self.withConnect) {
            let others = keys.subtracting(Self.withConnect).sorted().joined(separator: ", ")
            report("reset: connect is about connections, not calls: \(others) cannot go with it", at: node)
        }
        return rule
    }

    private mutating func readCondition(_ key: String, _ node: Node, into rule: inout Rule) {
        switch key {
        case "name": rule.name = text(node)
        case "service": rule.service = choice(node, StubUpstreams.Service.self)
        case "path":
            rule.path = text(node) ?? "*"
            if rule.path != "*", !rule.path.hasPrefix("/") { report("a path is * or begins with /", at: node) }
        case "id": rule.id = text(node)
        case "reused": rule.reused = flag(node)
        case "nth": rule.calls = integer(node, 1...Int.max).map(Rule.Calls.nth) ?? .all
        case "first": rule.calls = integer(node, 1...Int.max).map(Rule.Calls.first) ?? .all
        case "from": rule.calls = integer(node, 1...Int.max).map(Rule.Calls.from) ?? .all
        case "every": rule.calls = integer(node, 1...Int.max).map(Rule.Calls.every) ?? .all
        default: rule.probability = probability(node) ?? 1
        }
    }

    private mutating func actions(_ key: String, _ node: Node) -> [Action] {
        switch key {
        case "delay": return one(delay(node)) { .delay($0) }
        case "drip": return drip(node)
        case "status": return one(integer(node, 100...999)) { .status($0) }
        case "headers": return [.fields(fields(node))]
        case "body": return one(text(node)) { .body($0) }
        case "raw": return one(text(node)) { .raw(Array($0.utf8)) }
        case "redirect": return one(text(node)) { .redirect($0) }
        case "garbage": return one(size(node)) { .garbage(bytes: $0) }
        case "oversized": return one(size(node)) { .oversized(bytes: $0) }
        case "hugeHeaders": return one(size(node)) { .hugeHeaders(bytes: $0) }
        case "informational": return one(integer(node, 0...10_000)) { .informational($0) }
        case "nested": return one(integer(node, 1...1_000_000)) { .change(.nested($0)) }
        case "notJSON": return flag(node) ? [.notJSON] : []
        case "invalidUTF8": return flag(node) ? [.invalidUTF8] : []
        case "wrongTenant": return flag(node) ? [.change(.wrongTenant)] : []
        case "wrongConversation": return flag(node) ? [.change(.wrongConversation)] : []
        case "bareArray": return flag(node) ? [.change(.bareArray)] : []
        case "without": return texts(node).map { .change(.without($0)) }
        case "nullify": return texts(node).map { .change(.nullify($0)) }
        case "mistype": return texts(node).map { .change(.mistype($0)) }
        case "duplicate": return texts(node).map { .change(.duplicate($0)) }
        case "set": return fields(node).map { .change(.set($0.name, to: $0.value)) }
        case "compressed": return one(choice(node, Action.Compression.self)) { .compressed($0) }
        case "endless": return one(choice(node, Action.Endless.self)) { .endless($0) }
        default: return framingOrEnd(key, node)
        }
    }

    private mutating func framingOrEnd(_ key: String, _ node: Node) -> [Action] {
        let word = node.scalar?.string
        switch (key, word) {
        case ("chunked", "true"): return [.chunked(nil)]
        case ("chunked", _): return one(choice(node, Action.ChunkFault.self)) { .chunked($0) }
        case ("contentLength", "none"): return [.contentLength(.none)]
        case ("contentLength", _): return lengthFault(node)
        case ("secondReply", "true"): return [.secondReply(after: .zero)]
        case ("secondReply", _):
            return one(amount(node, "secondReply is true or { after: TIME }") { $0.duration($1) }) {
                .secondReply(after: $0)
            }
        case ("hang", "true"): return [.hang(after: nil)]
        case ("hang", _):
            return one(amount(node, "hang is true or { after: BYTES }") { $0.size($1) }) { .hang(after: $0) }
        case ("reset", "connect"): return [.resetAtAccept]
        case ("reset", "headers"): return [.reset(.headers)]
        case ("reset", "reply"): return [.reset(.reply)]
        case ("reset", _):
            return one(amount(node, "reset is connect, headers, reply or { after: BYTES }") { $0.size($1) }) {
                .reset(.body($0))
            }
        case ("close", "before"): return [.close(.headers)]
        case ("close", "reply"): return [.close(.reply)]
        default:
            return one(amount(node, "close is before, reply or { after: BYTES }") { $0.size($1) }) { .close(.body($0)) }
        }
    }

    // MARK: Values with parts

    private func one<Value>(_ value: Value?, _ make: (Value) -> Action) -> [Action] {
        value.map { [make($0)] } ?? []
    }

    /// `{ after: … }`, the form that is left when no word fitted.
    private mutating func amount<Value>(
        _ node: Node, _ forms: String, _ read: (inout ScriptReader, Node) -> Value?
    ) -> Value? {
        guard node.mapping?.count == 1 else {
            report(forms, at: node)
            return nil
        }
        return members(of: node, "this", known: ["after"]).first.flatMap { read(&self, $0.value) }
    }

    private mutating func delay(_ node: Node) -> Action.Delay? {
        guard node.mapping != nil else { return duration(node).map { .fixed($0) } }
        var from = Duration.zero
        var to: Duration?
        for (key, value) in members(of: node, "delay", known: ["from", "to"]) {
            if key == "from" { from = duration(value) ?? .zero } else { to = duration(value) }
        }
        guard let to, from <= to else {
            report("delay needs to, which is not before from", at: node)
            return nil
        }
        return .spread(from, to)
    }

    private mutating func drip(_ node: Node) -> [Action] {
        var bytes = 1
        var pause: Duration?
        for (key, value) in members(of: node, "drip", known: ["bytes", "every"]) {
            if key == "bytes" { bytes = size(value) ?? 1 } else { pause = duration(value) }
        }
        guard let pause, bytes > 0 else {
            report("drip needs every, such as 10ms, and bytes above 0", at: node)
            return []
        }
        return [.drip(bytes: bytes, every: pause)]
    }

    private mutating func lengthFault(_ node: Node) -> [Action] {
        guard node.mapping?.count == 1 else {
            report("contentLength is none, { more: BYTES } or { fewer: BYTES }", at: node)
            return []
        }
        return members(of: node, "contentLength", known: ["more", "fewer"]).flatMap { key, value in
            one(size(value)) { .contentLength(key == "more" ? .more($0) : .fewer($0)) }
        }
    }

    /// Names and texts in the file's order; a list stands for several of one name.
    private mutating func fields(_ node: Node) -> [StubUpstreams.Field] {
        guard let mapping = node.mapping else {
            report("a mapping of names and texts is expected", at: node)
            return []
        }
        return mapping.flatMap { name, value in
            texts(value).map { StubUpstreams.Field(name.scalar?.string ?? "", $0) }
        }
    }
}
