// Where in a reply the record or the list is.

import JSON

extension RecordWalk {
    /// Writes a whole reply.
    mutating func reply(
        _ root: JSONValue, as shape: Projection.Shape, select: String?, into output: inout JSONOutput
    ) throws(ContractBreach) {
        let value = try selected(select, of: root)
        let isWhole = view.records[0].isWhole && shape == .object
        switch value.kind {
        case .object where shape != .list:
            try record(0, value, .single, slot: 0, braces: shape == .object, into: &output)
        case .array where shape == .list || isWhole:
            try items(of: value, each: 0, slot: 0, into: &output)
        case _ where isWhole:
            output.raw(value.bytes)
        case let kind:
            let (name, wanted) =
                shape == .list ? ("A list of \(table.recordNames[0])", "array") : (table.recordNames[0], "object")
            throw .broken(reason: "\(name) is \(kind.phrase), not an \(wanted)")
        }
    }

    /// What a reply's `select` names. An envelope is no record, but must not name another tenant either.
    private func selected(_ select: String?, of root: JSONValue) throws(ContractBreach) -> JSONValue {
        guard let select, !root.isArray else { return root }
        let schema = table.recordNames[0]
        guard root.isObject else {
            throw .broken(reason: "The reply around \(schema) is \(root.kind.phrase), not an object")
        }
        var found: JSONValue?
        for member in root.members {
            if member.memberName.means(select) {
                if found != nil { throw .broken(reason: "The reply around \(schema) has \(select) twice") }
                found = member
            } else if member.memberName.means("tenantId"), let named = member.string, !named.means(tenant) {
                throw .wrongTenant(reason: "The reply around \(schema) names another tenant")
            }
        }
        guard let found else { throw .broken(reason: "The reply around \(schema) has no \(select)") }
        return found
    }
}
