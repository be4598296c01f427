// Schemas laid out flat, so that a reply is walked over plain numbers and bytes: no references, no counting of them.

import Configuration
import JSON

/// A schema and those nested in it, compiled.
final class RecordTable: Sendable {
    /// One schema. Its members stand in a row: the listed ones, then those that are read though not listed.
    struct Record: Sendable {
        var first = 0
        var listed = 0
        /// Listed and unlisted ones.
        var count = 0
        /// Which of them is `tenantId`.
        var tenant = 0
        var passesUnlisted = false
        /// No schema: the value's text is what is written.
        var isWhole = false
        /// Whether any listed member repeats a segment of the path.
        var hasPathMembers = false
    }

    struct Member: Sendable {
        /// The name's bytes in `text`. One with a backslash has count -1: in JSON it is always written in another way.
        let name: Int32
        let nameCount: Int32
        /// Where `"name":` is in `text`.
        let prefix: Int32
        let prefixCount: Int32
        /// The record that a value or its items are; -1: none.
        var nested: Int32 = -1
        /// Which of `pathNames` it repeats; -1: none.
        var path: Int32 = -1
        /// Where its string goes; -1: nowhere.
        var capture: Int32 = -1
        /// The raw value of `Schema.Kinds`.
        var kinds: UInt8 = 0
        var isRequired = false
        /// Not passed on, though not listed.
        var isExcluded = false
        var minimum: Int?
    }

    let records: [Record]
    let members: [Member]
    let text: [UInt8]
    /// By record and by member, for reasons.
    let recordNames: [String]
    let memberNames: [String]
    let pathNames: [String]
    /// How many members the records have together that can be open inside of each other.
    let slots: Int

    /// The first record is the schema's own. Without a schema it is whole, or if `isWhole` is false, all that it has is
    /// unlisted.
    init(_ schema: Schema?, isWhole: Bool, capturing captured: [String], excluding excluded: [String]) {
        var layout = RecordLayout()
        let root = schema ?? Schema(name: "The reply", members: [], passesUnlisted: true)
        slots = layout.add(root, capturing: captured, excluding: excluded)
        layout.records[0].isWhole = schema == nil && isWhole
        records = layout.records
        members = layout.members
        text = layout.text
        recordNames = layout.recordNames
        memberNames = layout.memberNames
        pathNames = layout.pathNames
    }
}

extension RecordTable {
    /// The table as plain pointers, good while `withView` runs, and room for one reply's slots.
    struct View {
        let records: UnsafeBufferPointer<Record>
        let members: UnsafeBufferPointer<Member>
        let text: UnsafeBufferPointer<UInt8>
        let slots: UnsafeMutableBufferPointer<JSONValue.Tokens>

        func name(_ member: Member) -> UnsafeBufferPointer<UInt8> { piece(member.name, member.nameCount) }

        /// `"name":` of a member.
        func prefix(_ member: Member) -> UnsafeBufferPointer<UInt8> {
            piece(member.prefix, member.prefixCount)
        }

        private func piece(_ start: Int32, _ count: Int32) -> UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(rebasing: text[Int(start)..<Int(start) + Int(count)])
        }
    }

    func withView<Result>(_ body: (View) throws(ContractBreach) -> Result) throws(ContractBreach) -> Result {
        try records.withUnsafeBufferPointer { records throws(ContractBreach) in
            try members.withUnsafeBufferPointer { members throws(ContractBreach) in
                try text.withUnsafeBufferPointer { text throws(ContractBreach) in
                    try withUnsafeTemporaryAllocation(of: JSONValue.Tokens.self, capacity: slots) {
                        slots throws(ContractBreach) in
                        try body(View(records: records, members: members, text: text, slots: slots))
                    }
                }
            }
        }
    }
}
