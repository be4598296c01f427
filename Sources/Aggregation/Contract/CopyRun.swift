// Upstreams mostly send the contract's members in the contract's order without white space. Then what is written is
// what was sent, and a record is copied in one go, not member by member.

import JSON

/// Members of one object that are next to each other in the reply as in what is written, not copied yet.
struct CopyRun {
    private let object: JSONValue
    private var offsets = 0..<0

    init(of object: JSONValue) { self.object = object }

    /// Adds a member that is written with `prefix`, which is its name, quoted, and a colon.
    mutating func add(_ value: JSONValue, prefix: UnsafeBufferPointer<UInt8>, into output: inout JSONOutput) {
        // A name that means the same may be written longer, never shorter: of this length, no white space follows it.
        if value.start - value.memberStart == prefix.count { return add(value, into: &output) }
        end(into: &output)
        output.name(prefix: prefix)
        offsets = value.start..<value.end
    }

    /// Adds a member whose name is written as it was sent.
    mutating func add(_ value: JSONValue, name: JSONText, into output: inout JSONOutput) {
        if value.start - value.memberStart == name.quoted.count + 1 { return add(value, into: &output) }
        end(into: &output)
        output.separate()
        output.raw(name.quoted)
        output.append(UInt8(ascii: ":"))
        offsets = value.start..<value.end
    }

    /// Adds a member as it stands in the reply.
    private mutating func add(_ value: JSONValue, into output: inout JSONOutput) {
        // Between members one byte apart there is a comma and nothing else.
        if !offsets.isEmpty, value.memberStart == offsets.upperBound + 1 {
            offsets = offsets.lowerBound..<value.end
        } else {
            end(into: &output)
            output.separate()
            offsets = value.memberStart..<value.end
        }
    }

    /// Copies what was added. Something else may be written then.
    mutating func end(into output: inout JSONOutput) {
        output.raw(object.bytes(offsets))
        offsets = 0..<0
    }
}
