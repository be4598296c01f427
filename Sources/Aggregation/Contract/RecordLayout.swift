// How schemas become a table.

import Configuration
import JSON

/// A table while records are added to it.
struct RecordLayout {
    var records: [RecordTable.Record] = []
    private(set) var members: [RecordTable.Member] = []
    private(set) var text: [UInt8] = []
    private(set) var recordNames: [String] = []
    private(set) var memberNames: [String] = []
    private(set) var pathNames: [String] = []

    /// Adds a record and those nested in it, and returns how many slots they need.
    mutating func add(_ schema: Schema, capturing captured: [String], excluding excluded: [String]) -> Int {
        let index = records.count
        var record = RecordTable.Record(first: members.count, listed: schema.members.count)
        record.passesUnlisted = schema.passesUnlisted
        for listed in schema.members {
            var member = addMember(listed.name)
            member.kinds = listed.kinds.rawValue
            member.isRequired = listed.isRequired
            member.minimum = listed.minimum
            member.capture = Self.index(captured.firstIndex(of: listed.name))
            if let segment = listed.fromPath {
                if !pathNames.contains(segment) { pathNames.append(segment) }
                member.path = Self.index(pathNames.firstIndex(of: segment))
                record.hasPathMembers = true
            }
            members.append(member)
        }
        for name in ["tenantId"] + captured + excluded
        where !members[record.first...].indices.contains(where: { memberNames[$0] == name }) {
            var member = addMember(name)
            member.capture = Self.index(captured.firstIndex(of: name))
            member.isExcluded = excluded.contains(name)
            members.append(member)
        }
        record.count = members.count - record.first
        record.tenant = memberNames[record.first...].firstIndex(of: "tenantId").map { $0 - record.first } ?? 0
        records.append(record)
        recordNames.append(schema.name)
        return record.count + addNested(schema, of: index)
    }

    /// Adds the records inside of a record, and returns the slots of the one that needs most.
    private mutating func addNested(_ schema: Schema, of record: Int) -> Int {
        var most = 0
        for (offset, listed) in schema.members.enumerated() {
            guard let nested = listed.schema else { continue }
            members[records[record].first + offset].nested = Self.index(records.count)
            most = max(most, add(nested, capturing: [], excluding: []))
        }
        return most
    }

    private mutating func addMember(_ name: String) -> RecordTable.Member {
        let bytes = Array(name.utf8)
        let prefix = JSONOutput.prefix(name)
        let isPlain = !bytes.contains(UInt8(ascii: "\\"))
        let member = RecordTable.Member(
            name: Self.index(text.count), nameCount: isPlain ? Self.index(bytes.count) : -1,
            prefix: Self.index(text.count + bytes.count), prefixCount: Self.index(prefix.count))
        text += bytes
        text += prefix
        memberNames.append(name)
        return member
    }

    /// Schemas are a few kilobytes of an operator's own file: what exceeds 32 bits is our own bug.
    private static func index(_ place: Int?) -> Int32 { place.map { Int32($0) } ?? -1 }
}
