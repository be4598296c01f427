// How much memory answers that may be given again take, over all loops and routes.

internal import Synchronization

/// The memory of all kept answers. From any thread.
package final class AnswerRoom: Sendable {
    /// Bytes for the whole process: some thousand answers of a few KiB. They are kept for seconds, so more would serve only those
    /// who ask for more different things in a second than any cache of this kind is for.
    package static let most = 16 * 1024 * 1024

    private let loops: Int
    private let taken = Atomic<Int>(0)

    /// - Parameter loops: that keep answers.
    package init(loops: Int) {
        self.loops = loops
    }

    /// Bytes that are taken.
    package var bytes: Int { taken.load(ordering: .relaxed) }

    /// What each of so many routes gets on each loop: equal parts, so that none can drive another's answers out.
    package func share(ofRoutes routes: Int) -> Int { Self.most / max(1, loops * routes) }

    func count(_ more: Int) { taken.wrappingAdd(more, ordering: .relaxed) }
}
