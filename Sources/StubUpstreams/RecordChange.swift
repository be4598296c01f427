// Ways in which a record can be wrong although it is JSON.

/// A change to a record before it is sent.
///
/// A member is named by its path, `identities.0.value` say. If the reply is a list and has no such member itself, the
/// path begins in the list's first item.
package enum RecordChange: Sendable, Equatable {
    /// Each record names the other tenant.
    case wrongTenant
    /// The conversation names another id; messages and items another conversation.
    case wrongConversation
    /// A list comes without `{"data": …}` around it.
    case bareArray
    case without(String)
    case nullify(String)
    /// A string becomes a number, all else a string.
    case mistype(String)
    /// Twice, the second time with another value.
    case duplicate(String)
    /// JSON text as the member's value, well-formed or not; the member is added if there is none.
    case set(String, to: String)
    /// An additional member `deep` of so many arrays in one another.
    case nested(Int)

    func apply(to record: JSONValue) -> JSONValue {
        switch self {
        case .wrongTenant:
            return record.mappingRecords { item in
                item.replacing("tenantId") { $0 == Self.tenantB ? Self.tenantA : Self.tenantB }
            }
        case .wrongConversation:
            let other = JSONValue.string(Fixtures.unknown)
            return record.mappingRecords { item in
                item.has("conversationId")
                    ? item.replacing("conversationId") { _ in other }
                    : item.has("messageCount") ? item.replacing("id") { _ in other } : item
            }
        case .bareArray:
            return record.list.map(JSONValue.array) ?? record
        case .without(let path):
            return record.editing(path) { members, index in if let index { members.remove(at: index) } }
        case .nullify(let path):
            return record.editing(path) { members, index in if let index { members[index].value = .null } }
        case .mistype(let path):
            return record.editing(path) { members, index in
                if let index { members[index].value = members[index].value.mistyped }
            }
        case .duplicate(let path):
            return record.editing(path) { members, index in
                guard let index else { return }
                members.append(.init(name: members[index].name, value: members[index].value.varied))
            }
        case .set(let path, let text):
            let name = path.split(separator: ".").last.map(String.init) ?? path
            return record.editing(path) { members, index in
                if let index {
                    members[index].value = .text(text)
                } else {
                    members.append(.init(name: name, value: .text(text)))
                }
            }
        case .nested(let depth):
            let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            return Self.set("deep", to: text).apply(to: record)
        }
    }

    private static let tenantA = JSONValue.string(Fixtures.tenantA)
    private static let tenantB = JSONValue.string(Fixtures.tenantB)
}

extension JSONValue {
    fileprivate typealias Edit = (_ members: inout [Member], _ index: Int?) -> Void

    /// The items, if this is a list, in `data` or bare.
    fileprivate var list: [JSONValue]? {
        switch self {
        case .array(let items): items
        case .object(let members):
            if case .array(let items)? = members.first(where: { $0.name == "data" })?.value { items } else { nil }
        default: nil
        }
    }

    fileprivate func has(_ name: String) -> Bool {
        if case .object(let members) = self { members.contains { $0.name == name } } else { false }
    }

    /// This record, or each of this list, changed.
    fileprivate func mappingRecords(_ change: (JSONValue) -> JSONValue) -> JSONValue {
        guard let list else { return change(self) }
        let changed = JSONValue.array(list.map(change))
        if case .array = self { return changed }
        return replacing("data") { _ in changed }
    }

    fileprivate func replacing(_ name: String, _ value: (JSONValue) -> JSONValue) -> JSONValue {
        guard case .object(var members) = self else { return self }
        for index in members.indices where members[index].name == name {
            members[index].value = value(members[index].value)
        }
        return .object(members)
    }

    /// Edits the object that holds the member at the end of the path; nothing happens if there is no such object.
    fileprivate func editing(_ path: String, _ edit: Edit) -> JSONValue {
        let names = path.split(separator: ".").map(String.init)
        guard let first = names.first else { return self }
        guard let list, !has(first) else { return editing(names[...], edit) }
        guard let item = list.first else { return self }
        let changed = JSONValue.array([item.editing(names[...], edit)] + list.dropFirst())
        if case .array = self { return changed }
        return replacing("data") { _ in changed }
    }

    private func editing(_ names: ArraySlice<String>, _ edit: Edit) -> JSONValue {
        guard let name = names.first else { return self }
        let rest = names.dropFirst()
        switch self {
        case .object(var members):
            let index = members.firstIndex { $0.name == name }
            if rest.isEmpty {
                edit(&members, index)
            } else if let index {
                members[index].value = members[index].value.editing(rest, edit)
            }
            return .object(members)
        case .array(var items):
            guard let index = Int(name), items.indices.contains(index) else { return self }
            items[index] = items[index].editing(rest, edit)
            return .array(items)
        default: return self
        }
    }

    fileprivate var mistyped: JSONValue {
        if case .string = self { 42 } else { "not what it should be" }
    }

    fileprivate var varied: JSONValue {
        if case .string(let text) = self { .string(text + "-again") } else { self }
    }
}
