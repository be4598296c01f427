// Load from h2load, as long as it takes, and what became of it.

import Foundation
import Synchronization
import Testing

/// Requests without a pause until `stop`.
final class Load: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let task: Mutex<Task<[String], any Error>?> = Mutex(nil)

    /// - Parameter options: of h2load: the protocol, and how many connections.
    init(_ options: [String], _ url: String, key: String, in folder: Folder) {
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

    /// Returns what was not answered with 200, batch by batch; empty: nothing failed.
    func stop() async throws -> (batches: Int, failures: [String]) {
        isOver.store(true, ordering: .relaxed)
        let batches = try await task.withLock { $0 }?.value ?? []
        let failures = batches.filter {
            !$0.contains("200 succeeded, 0 failed, 0 errored, 0 timeout") || !$0.contains("status codes: 200 2xx,")
        }
        return (batches.count, failures)
    }
}
