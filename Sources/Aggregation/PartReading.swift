// How a part's replies are understood: checked by simdjson, judged by the contract, written as the answer wants them.

internal import Configuration
internal import JSON
internal import Pipeline

/// The reading of one part's replies.
final class PartReading: Sendable {
    /// What a reply was good for.
    struct Result {
        /// A value, or members without braces for the root.
        let fragment: [UInt8]
        /// Strings of captured members; nil: null. The root's has its workspace behind them.
        let captures: [String?]
        /// The workspace a root record names.
        let workspace: String?
        /// What breaks the contract and was let pass (`contract.mode: warn`).
        let breaches: [String]
    }

    private static let workspaceMember = "workspaceId"
    private let projection: Projection
    private let isRoot: Bool
    /// Whether the record says which workspace it belongs to: by its schema, or possibly, if it has none.
    let namesWorkspace: Bool

    init(_ part: PartSettings, of route: RouteSettings, contract: ContractSettings) {
        isRoot = part.into == .root
        let schema = part.schema.flatMap { contract.schemas[$0.name] }
        namesWorkspace = isRoot && schema?.members.contains { $0.name == Self.workspaceMember } ?? true
        let captures = Self.captures(of: part, in: route)
        let written = route.parts.compactMap { part -> String? in
            guard case .member(let name) = part.into else { return nil }
            return name
        }
        projection = Projection(
            schema,
            as: part.schema?.isList == true ? .list : isRoot ? .members : .object,
            select: part.select,
            mode: contract.mode,
            capturing: captures + (isRoot ? [Self.workspaceMember] : []),
            excluding: isRoot ? written : [])
    }

    /// The members of `part` that other parts' paths name, in their order.
    static func captures(of part: PartSettings, in route: RouteSettings) -> [String] {
        var names: [String] = []
        for other in route.parts {
            for case .member(part.name, let name) in other.path.segments where !names.contains(name) {
                names.append(name)
            }
        }
        return names
    }

    /// - Throws: `replyMalformed`, `contractBroken` or `wrongTenant`.
    func read(
        _ body: ReplyBody, with parser: JSONParser, expecting expectation: Expectation, from upstream: String
    ) throws(Failure) -> Result {
        let side = Failure.Origin.upstream(upstream, part: nil)
        var output = JSONOutput(capacity: body.count + 128)
        let document: JSONDocument
        do throws(JSONFault) {
            document = try parser.check(body.bytes, keeping: body)
        } catch {
            throw Failure(.replyMalformed, side, "the body \(error.reason)")
        }
        do throws(ContractBreach) {
            let outcome = try projection.write(document, expecting: expectation, into: &output)
            return Result(
                fragment: output.bytes,
                captures: outcome.captures,
                workspace: isRoot ? outcome.captures.last ?? nil : nil,
                breaches: outcome.breaches)
        } catch {
            switch error {
            case .broken(let reason): throw Failure(.contractBroken, side, reason)
            case .wrongTenant(let reason): throw Failure(.wrongTenant, side, reason)
            }
        }
    }
}
