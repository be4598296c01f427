// What a record is judged by before anything of it is written.

import Configuration
import JSON

extension RecordWalk {
    typealias Slots = UnsafeMutableBufferPointer<JSONValue.Tokens>

    /// Up to how many unlisted names of a record are compared with each other, pair by pair: some five hundred times.
    private static let comparedNames = 32

    /// The first member that repeats a segment of the path, and not the one that was called. What is absent or no
    /// string is left to the schema's other rules.
    func strangePathMember(_ record: RecordTable.Record, _ object: JSONValue, _ slots: Slots) -> Int? {
        guard record.hasPathMembers else { return nil }
        for number in 0..<record.listed {
            let path = view.members[record.first + number].path
            guard path >= 0, slots[number].after > 0, let wanted = wanted[Int(path)],
                let string = JSONValue(slots[number], of: object).string
            else { continue }
            if !string.means(ignoringCase: wanted) { return number }
        }
        return nil
    }

    /// Another tenant's record is fatal in either mode, and found before whatever else may be wrong with it: it must
    /// look like a record that is not there.
    mutating func judgeTenant(_ index: Int, _ object: JSONValue, _ slots: Slots) throws(ContractBreach) {
        let record = view.records[index]
        let tokens = slots[record.tenant]
        guard tokens.after > 0 else { return }
        let value = JSONValue(tokens, of: object)
        if let named = value.string {
            guard named.means(tenant) else {
                throw .wrongTenant(reason: "\(table.recordNames[index]) names another tenant")
            }
        } else if !value.isNull {
            try broken("\(place(index, record.tenant)) is \(value.kind.phrase), not a string")
        }
    }

    /// Names that appear twice.
    mutating func judgeNames(
        _ index: Int, _ object: JSONValue, repeated: Int?, unlistedFrom mark: Int
    ) throws(ContractBreach) {
        if let repeated {
            let reason = "\(place(index, repeated)) appears twice"
            // Of a listed member the first one is judged and written; of these both would be passed on, one unjudged.
            if repeated >= view.records[index].listed { throw .broken(reason: reason) }
            try broken(reason)
        }
        let count = unlisted.count - mark
        guard count > 1, count <= Self.comparedNames else { return }
        for later in mark + 1..<unlisted.count {
            let name = JSONValue(unlisted[later], of: object).memberName
            for earlier in mark..<later where name.means(JSONValue(unlisted[earlier], of: object).memberName) {
                return try broken("\(table.recordNames[index]) has an unlisted member twice")
            }
        }
    }

    /// What is wrong with a value, to stand behind "is".
    func breach(of member: RecordTable.Member, _ value: JSONValue, _ kind: JSONValue.Kind) -> String? {
        guard member.has(kind.asKind) || isWantedInteger(member, value) else {
            let isFraction = kind.asKind == .number && member.has(.integer)
            return "\(kind.phrase), not \(isFraction ? "an integer" : Schema.Kinds(rawValue: member.kinds).phrase)"
        }
        if let minimum = member.minimum, value.isBelow(minimum) { return "below \(minimum)" }
        return nil
    }

    private func isWantedInteger(_ member: RecordTable.Member, _ value: JSONValue) -> Bool {
        member.has(.integer) && value.isInteger
    }

    /// How a reason names a member.
    func place(_ record: Int, _ number: Int) -> String {
        "\(table.recordNames[record]).\(table.memberNames[view.records[record].first + number])"
    }
}

extension RecordTable.View {
    /// Whether a name is written just like a member's.
    func isName(_ name: JSONText, of member: RecordTable.Member) -> Bool {
        name.raw.count == Int(member.nameCount) && name.isWritten(self.name(member))
    }
}

extension RecordTable.Member {
    /// Plain arithmetic: an option set of another module would be asked through its protocol's witnesses.
    func has(_ kind: Schema.Kinds) -> Bool { kinds & kind.rawValue != 0 }

    /// Whether it can only be an array: then `[]` is what there is when there is none.
    var isList: Bool { kinds == Schema.Kinds.array.rawValue }
}

extension JSONValue.Kind {
    var asKind: Schema.Kinds {
        switch self {
        case .object: .object
        case .array: .array
        case .string: .string
        case .number: .number
        case .boolean: .boolean
        case .null: .null
        }
    }

    /// With its article.
    var phrase: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        }
    }
}

extension Schema.Kinds {
    /// `a string or null`.
    var phrase: String {
        let words: [(Schema.Kinds, String)] = [
            (.string, "a string"), (.integer, "an integer"), (.number, "a number"), (.boolean, "a boolean"),
            (.object, "an object"), (.array, "an array"), (.null, "null"),
        ]
        return words.filter { contains($0.0) }.map(\.1).joined(separator: " or ")
    }
}
