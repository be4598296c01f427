// The earlier replies of all loops: each loop keeps its own, but what an upstream disowns on one of them none may use.

internal import Aggregation
internal import Pipeline
internal import Synchronization
internal import Upstream

/// Where each loop keeps its replies. From any thread.
final class StaleMemories: Sendable {
    private struct Memory {
        let loop: FanOutLoop
        let replies: Confined<StaleReplies>
    }

    let counts = StaleCounts()
    private let memories = Mutex<[Memory]>([])

    /// What `loop` keeps. On its thread.
    func memory(of loop: FanOutLoop) -> Confined<StaleReplies> {
        let replies = Confined(
            StaleReplies(counts: counts) { [weak self, unowned loop] key in self?.forget(key, butOn: loop) })
        memories.withLock { $0.append(Memory(loop: loop, replies: replies)) }
        return replies
    }

    /// A message to each: who disowns a record has no more to do with it, and a request that is under way there may still miss it.
    private func forget(_ key: StaleReplies.Key, butOn here: FanOutLoop) {
        for memory in memories.withLock(\.self) where memory.loop !== here {
            let replies = memory.replies
            memory.loop.submit { replies.value.forget(key) }
        }
    }
}
