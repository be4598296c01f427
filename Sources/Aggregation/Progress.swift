// How far a run of a plan has come.

internal import Pipeline

/// What the parts of one run share. They all run on one thread, so it needs no lock.
final class Progress {
    private struct PartState {
        /// A value, or members without braces for the root; nil: null.
        var fragment: [UInt8]?
        /// Strings that other parts' paths need.
        var captures: [String?] = []
        /// Why the answer fails, if it does because of this part.
        var failure: Failure?
        /// How many parts it still waits for.
        var needs: Int
        /// Its call, while that is under way.
        var call: (any RunningCall)?
    }

    private var parts: [PartState]
    private let root: Int?
    private var hasFailed = false
    /// The root's failure says that there is no such record for this caller.
    private var recordIsUnknown = false
    /// Whether nobody wants the answer any more.
    private(set) var isLeft = false
    /// Parts that have not ended, and one for each group that is being started.
    var running = 0
    /// Called once when the run is over.
    var end: (() -> Void)?

    init(_ plan: Plan) {
        parts = plan.parts.map { PartState(needs: $0.needs.count) }
        root = plan.root
    }

    /// Whether no further call is of use.
    var isUseless: Bool { hasFailed || isLeft }

    /// The failure that gives the answer: the root's word that there is no such record, else that of the part declared
    /// first among those that failed (contract, section 3).
    var failure: Failure? {
        if recordIsUnknown, let root { return parts[root].failure }
        return hasFailed ? parts.lazy.compactMap(\.failure).first : nil
    }

    func fragment(of part: Int) -> [UInt8]? { parts[part].fragment }

    /// A captured member of a part that has ended; nil: null, or the part is missing.
    func capture(_ index: Int, of part: Int) -> String? {
        parts[part].captures.indices.contains(index) ? parts[part].captures[index] : nil
    }

    func keep(_ fragment: [UInt8], _ captures: [String?], of part: Int) {
        parts[part].fragment = fragment
        parts[part].captures = captures
    }

    /// The part's call is under way.
    func began(_ part: Int, _ call: (any RunningCall)?) {
        parts[part].call = call
    }

    /// The part has its value. Returns the parts that waited for nothing else.
    func ended(_ part: Int, _ plan: Plan) -> [Int] {
        parts[part].call = nil
        guard !isUseless else { return [] }
        return plan.parts[part].dependents.filter { dependent in
            parts[dependent].needs -= 1
            return parts[dependent].needs == 0
        }
    }

    /// The part failed, and with it the answer: no other is of use any more.
    func failed(_ part: Int, _ failure: Failure, recordIsUnknown: Bool) {
        parts[part].call = nil
        // What was cancelled because another had failed is no failure of its own.
        if failure.kind == .cancelled, isUseless { return }
        parts[part].failure = failure
        hasFailed = true
        if part == root { self.recordIsUnknown = recordIsUnknown }
        // The root's call is waited for: its word that there is no such record wins over all other failures.
        cancel { $0 != self.root }
    }

    /// The client left: nothing of the run is of use any more.
    func leave() {
        isLeft = true
        cancel { _ in true }
    }

    /// The run is over, if it was not before.
    func finish() {
        let end = end
        self.end = nil
        end?()
    }

    /// Cancels the calls under way. Each ends before this returns.
    private func cancel(where applies: (Int) -> Bool) {
        for part in parts.indices where applies(part) {
            let call = parts[part].call
            call?.cancel()
        }
    }
}
