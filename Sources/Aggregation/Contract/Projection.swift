// From a reply to the bytes that clients get: the contract's members in its order, each value as it was sent.

package import Configuration
package import JSON

/// How one part's replies are checked and written. Made once from the configuration, used for every reply.
///
/// A record is an object; each one that the schema describes is judged in this order:
/// * A list's item whose `fromPath` member differs from the path that was called is left out, whatever else it says.
/// * A member `tenantId`, listed or not, must be the caller's tenant, null or absent. A listed one has its schema's
///   rules besides.
/// * No name that is read may appear twice. Names that are only passed on are compared when a record has up to 32.
/// * A single record's `fromPath` members must be what was asked for.
/// * Required members must be there; members must be of their kinds. An optional member that is absent or null is null,
///   or `[]` if it can only be an array.
///
/// With `contract.mode: warn` breaches are reported and the value passes as it is, a missing member as null, of a name
/// that appears twice the first. Fatal all the same: another tenant, no object where a record must be, no array where a
/// list must be, a captured member that is no string, and an unlisted `tenantId` or captured member that appears twice.
package struct Projection: Sendable {
    /// What is made of a reply.
    package enum Shape: Sendable {
        /// A record's object, with its braces.
        case object
        /// A record's members without braces, so that others can follow.
        case members
        /// An array of records.
        case list
    }

    /// What a reply held besides its bytes.
    package struct Outcome: Sendable, Equatable {
        /// The captured members' strings, in the order asked for. Nil: null or absent.
        package var captures: [String?]
        /// With `contract.mode: warn`, the first few breaches' reasons.
        package var breaches: [String]
    }

    private let table: RecordTable
    private let shape: Shape
    private let select: String?
    private let mode: ContractSettings.Mode
    private let captureCount: Int

    /// - Parameters:
    ///   - schema: Nil: a reply passes whole, whatever it is (as `.members` it must be an object). Still the tenant of
    ///     the record, or of each record of a list, is checked.
    ///   - select: The member of the reply that holds what is wanted. A reply that is an array needs none.
    ///   - captured: Members of the record whose strings are wanted, each once. Of a list none can be captured.
    ///   - excluded: Unlisted members of these names are dropped from the record: the answer has them from elsewhere.
    package init(
        _ schema: Schema?, as shape: Shape, select: String? = nil, mode: ContractSettings.Mode = .enforce,
        capturing captured: [String] = [], excluding excluded: [String] = []
    ) {
        let captured = shape == .list ? [] : captured
        // Members without braces are put together one by one, even when no schema says which.
        table = RecordTable(schema, isWhole: shape != .members, capturing: captured, excluding: excluded)
        self.shape = shape
        self.select = select
        self.mode = mode
        captureCount = captured.count
    }

    /// Checks a reply against the contract and appends what clients get of it to `output`: a value, or members, before
    /// which then stands a comma if others are there already.
    ///
    /// The same reply and expectation append the same bytes. When this throws, `output` is as it was before.
    package func write(
        _ document: borrowing JSONDocument, expecting expectation: Expectation, into output: inout JSONOutput
    ) throws(ContractBreach) -> Outcome {
        let before = output.bytes.count
        do throws(ContractBreach) {
            return try document.read { (root: JSONValue) throws(ContractBreach) in
                try table.withView { (view: RecordTable.View) throws(ContractBreach) in
                    var walk = RecordWalk(
                        view, of: table, expecting: expectation, mode: mode, captureCount: captureCount)
                    try walk.reply(root, as: shape, select: select, into: &output)
                    return Outcome(captures: walk.captures, breaches: walk.breaches)
                }
            }
        } catch {
            output.cut(to: before)
            throw error
        }
    }
}
