// How far a run of a plan has come.

internal import Pipeline

/// What the parts of one run share. They all run on one thread, so it needs no lock.
final class Progress {
    /// By part: a value, or members without braces for the root; nil: null.
    var fragments: [[UInt8]?]
    /// By part: strings that other parts' paths need.
    var captures: [[String?]]
    /// By part: what failed and was not taken for null.
    private(set) var failures: [Failure?]
    /// The root's failure says that there is no such record for this caller.
    private(set) var recordIsUnknown = false
    private var needs: [Int]
    private var tasks: [UnsafeCurrentTask?]
    private let root: Int?

    init(_ plan: Plan) {
        let count = plan.parts.count
        fragments = Array(repeating: nil, count: count)
        captures = Array(repeating: [], count: count)
        failures = Array(repeating: nil, count: count)
        tasks = Array(repeating: nil, count: count)
        needs = plan.parts.map(\.needs.count)
        root = plan.root
    }

    var hasFailed: Bool { failures.contains { $0 != nil } }

    /// The failure that gives the answer: the root's word that there is no such record, else that of the part declared
    /// first among those that failed (contract, section 3).
    var failure: Failure? {
        if recordIsUnknown, let root { return failures[root] }
        return failures.lazy.compactMap { $0 }.first
    }

    /// The part's own task runs. It is good until `ended`.
    func began(_ part: Int, _ task: UnsafeCurrentTask?) {
        // The root's call is waited for, whatever happens to others.
        if part != root { tasks[part] = task }
    }

    /// The part has its value. Returns the parts that waited for nothing else.
    func ended(_ part: Int, _ plan: Plan) -> [Int] {
        tasks[part] = nil
        guard !hasFailed else { return [] }
        return plan.parts[part].dependents.filter { dependent in
            needs[dependent] -= 1
            return needs[dependent] == 0
        }
    }

    /// The part failed, and with it the answer: no other is of use any more.
    func failed(_ part: Int, _ failure: Failure, recordIsUnknown: Bool) {
        tasks[part] = nil
        // What was cancelled because another had failed is no failure of its own.
        if failure.kind == .cancelled, hasFailed { return }
        failures[part] = failure
        if part == root { self.recordIsUnknown = recordIsUnknown }
        for (other, task) in tasks.enumerated() where other != part { task?.cancel() }
    }
}
