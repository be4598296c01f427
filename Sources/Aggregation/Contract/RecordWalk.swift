// The walk through one reply: an object's members are found first, then judged, then written in the schema's order.

import Configuration
import JSON

/// One reply on its way through a projection.
struct RecordWalk {
    /// Where a record stands: among others that may have been asked for by nobody, or alone.
    enum Position {
        case item, single
    }

    /// How many reasons are kept with `contract.mode: warn`.
    private static let keptReasons = 8

    let view: RecordTable.View
    let table: RecordTable
    let tenant: String
    /// What members repeat, by the table's `pathNames`. Nil: nothing to compare with.
    let wanted: [String?]
    private let mode: ContractSettings.Mode
    /// Members to be passed on, of all records that are open inside of each other.
    private(set) var unlisted: [JSONValue.Tokens] = []
    private(set) var captures: [String?]
    private(set) var breaches: [String] = []

    init(
        _ view: RecordTable.View, of table: RecordTable, expecting expectation: Expectation,
        mode: ContractSettings.Mode, captureCount: Int
    ) {
        self.view = view
        self.table = table
        self.mode = mode
        tenant = expectation.tenant
        wanted = table.pathNames.map { name in expectation.segments.first { $0.name == name }?.value }
        captures = Array(repeating: nil, count: captureCount)
    }

    /// Writes an array of records with its brackets.
    mutating func items(
        of array: JSONValue, each index: Int, slot: Int, into output: inout JSONOutput
    ) throws(ContractBreach) {
        output.beginArray()
        for item in array.items {
            if item.isObject {
                try record(index, item, .item, slot: slot, braces: true, into: &output)
            } else if view.records[index].isWhole {
                output.separate()
                output.raw(item.bytes)
            } else {
                let reason = "An item of a list of \(table.recordNames[index]) is \(item.kind.phrase), not an object"
                throw .broken(reason: reason)
            }
        }
        output.endArray()
    }

    /// Judges a record and writes it, after a comma if it is an item; or leaves out an item that nobody asked for.
    mutating func record(
        _ index: Int, _ object: JSONValue, _ position: Position, slot: Int, braces: Bool,
        into output: inout JSONOutput
    ) throws(ContractBreach) {
        let record = view.records[index]
        let mark = unlisted.count
        defer { unlisted.removeLast(unlisted.count - mark) }
        let slots = UnsafeMutableBufferPointer(rebasing: view.slots[slot..<slot + record.count])
        let repeated = collect(record, object, slots)

        let strange = strangePathMember(record, object, slots)
        if strange != nil, position == .item { return }
        try judgeTenant(index, object, slots)
        try judgeNames(index, object, repeated: repeated, unlistedFrom: mark)
        if let strange { try broken("\(place(index, strange)) is not the one asked for") }
        try capture(index, object, slots)

        if position == .item { output.separate() }
        if record.isWhole { return output.raw(object.bytes) }
        if braces { output.beginObject() }
        try members(of: object, index, slots, unlistedFrom: mark, nextSlot: slot + record.count, into: &output)
        if braces { output.endObject() }
    }

    /// Writes a record's members: the listed ones in the schema's order, then those that are passed on in the reply's.
    private mutating func members(
        of object: JSONValue, _ index: Int, _ slots: Slots, unlistedFrom mark: Int, nextSlot: Int,
        into output: inout JSONOutput
    ) throws(ContractBreach) {
        let record = view.records[index]
        var run = CopyRun(of: object)
        for number in 0..<record.listed {
            let member = view.members[record.first + number]
            let tokens = slots[number]
            if tokens.after == 0, member.isRequired { try broken("\(place(index, number)) is missing") }
            let value = tokens.after == 0 ? nil : JSONValue(tokens, of: object)
            guard let value, try isCopied(value, as: member, index, number) else {
                run.end(into: &output)
                output.name(prefix: view.prefix(member))
                try write(value, as: member, slot: nextSlot, into: &output)
                continue
            }
            run.add(value, prefix: view.prefix(member), into: &output)
        }
        for tokens in unlisted[mark...] {
            let value = JSONValue(tokens, of: object)
            run.add(value, name: value.memberName, into: &output)
        }
        run.end(into: &output)
    }

    /// Finds an object's members: known ones go to their slots, others to `unlisted` if they are passed on. Returns a
    /// member that was found twice.
    private mutating func collect(
        _ record: RecordTable.Record, _ object: JSONValue, _ slots: Slots
    ) -> Int? {
        slots.initialize(repeating: JSONValue.Tokens(place: 0, after: 0))
        var repeated: Int?
        // Upstreams mostly keep an order, and mostly that of the contract.
        var expected = 0
        for value in object.members {
            let name = value.memberName
            guard let number = find(name, in: record, expected: expected) else {
                if record.passesUnlisted, !record.isWhole { unlisted.append(value.tokens) }
                continue
            }
            expected = number + 1
            if slots[number].after == 0 { slots[number] = value.tokens } else { repeated = repeated ?? number }
            let isPassedOn = number >= record.listed && record.passesUnlisted
            if isPassedOn, !view.members[record.first + number].isExcluded { unlisted.append(value.tokens) }
        }
        return repeated
    }

    private func find(_ name: JSONText, in record: RecordTable.Record, expected: Int) -> Int? {
        let members = UnsafeBufferPointer(rebasing: view.members[record.first..<record.first + record.count])
        if expected < members.count, view.isName(name, of: members[expected]) { return expected }
        for number in members.indices where view.isName(name, of: members[number]) { return number }
        guard name.hasEscapes else { return nil }
        return members.indices.first { name.means(table.memberNames[record.first + $0]) }
    }

    /// Judges a member's value. True: what is written of it is its text.
    private mutating func isCopied(
        _ value: JSONValue, as member: RecordTable.Member, _ index: Int, _ number: Int
    ) throws(ContractBreach) -> Bool {
        // Where it may be absent it may be null, and is then written like one that is.
        if value.isNull, !member.isRequired { return !member.isList }
        let kind = value.kind
        if let breach = breach(of: member, value, kind) { try broken("\(place(index, number)) is \(breach)") }
        return member.nested < 0 || !(value.isObject || value.isArray)
    }

    /// Writes a member's value that is absent, or null where a list should be, or projected by the member's schema.
    private mutating func write(
        _ value: JSONValue?, as member: RecordTable.Member, slot: Int, into output: inout JSONOutput
    ) throws(ContractBreach) {
        if let value, value.isObject {
            try record(Int(member.nested), value, .single, slot: slot, braces: true, into: &output)
        } else if let value, value.isArray {
            try items(of: value, each: Int(member.nested), slot: slot, into: &output)
        } else if member.isList {
            output.beginArray()
            output.endArray()
        } else {
            output.null()
        }
    }

    /// Throws, or with `contract.mode: warn` notes a reason.
    mutating func broken(_ reason: String) throws(ContractBreach) {
        if mode == .enforce { throw .broken(reason: reason) }
        if breaches.count < Self.keptReasons { breaches.append(reason) }
    }

    private mutating func capture(
        _ index: Int, _ object: JSONValue, _ slots: Slots
    ) throws(ContractBreach) {
        // Only the reply's own record has any.
        guard index == 0, !captures.isEmpty else { return }
        let record = view.records[index]
        for number in 0..<record.count where slots[number].after > 0 {
            let place = Int(view.members[record.first + number].capture)
            guard place >= 0 else { continue }
            let value = JSONValue(slots[number], of: object)
            if value.isNull { continue }
            guard let string = value.string else {
                throw .broken(reason: "\(self.place(index, number)) is \(value.kind.phrase), not a string or null")
            }
            captures[place] = string.decoded
        }
    }
}
