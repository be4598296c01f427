// Load from h2load, as long as it takes, and what became of it.

import Foundation
import Synchronization
import Testing

/// Requests without a pause until `stop`.
final class Load: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let task: Mutex<Task<[String], any Error>?> = Mutex(nil)

    private let readsStatus: Bool

    /// - Parameters:
    ///   - options: of h2load: the protocol, and how many connections.
    ///   - readsStatus: false where it cannot tell one answer from another.
    init(_ options: [String], _ url: String, key: String, in folder: Folder, readsStatus: Bool = true) {
        self.readsStatus = readsStatus
        let task = Task { [self] in
            var batches: [String] = []
            repeat {
                let arguments =
                    ["h2load", "-n", "200", "--rps", "25", "-H", "authorization: Bearer \(key)"] + options + [url]
                let command = try Command(arguments, in: folder, executable: URL(filePath: "/usr/bin/env"))
                batches.append(try await command.end().output)
            } while !isOver.load(ordering: .relaxed)
            return batches
        }
        self.task.withLock { $0 = task }
    }

    /// Returns what was not answered, or not with 200, batch by batch; empty: nothing failed.
    func stop() async throws -> (batches: Int, failures: [String]) {
        isOver.store(true, ordering: .relaxed)
        let batches = try await task.withLock { $0 }?.value ?? []
        let signs =
            readsStatus
            ? ["200 succeeded, 0 failed, 0 errored, 0 timeout", "status codes: 200 2xx,"]
            : [" 200 done,", " 0 errored, 0 timeout"]
        let failures = batches.filter { batch in !signs.allSatisfy { batch.contains($0) } }
        return (batches.count, failures)
    }
}
