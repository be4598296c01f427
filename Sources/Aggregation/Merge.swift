// The answer, put together from what the parts brought. No tree is built: checked bytes are spliced.

internal import JSON

/// The merging of parts.
enum Merge {
    /// One object: the root's members, then each other part's value by its name, in the plan's order.
    static func bytes(_ plan: Plan, _ progress: Progress) -> [UInt8] {
        let size = plan.order.reduce(2) { $0 + (progress.fragment(of: $1)?.count ?? 4) }
        var output = JSONOutput(capacity: size + 32 * plan.parts.count)
        output.beginObject()
        for part in plan.order {
            switch plan.parts[part].into {
            case .root:
                if let members = progress.fragment(of: part) { output.members(members) }
            case .member(let prefix):
                output.separate()
                output.raw(prefix)
                if let value = progress.fragment(of: part) { output.raw(value) } else { output.null() }
            }
        }
        output.endObject()
        return output.bytes
    }
}
