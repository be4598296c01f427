// What an upstream disowns on one loop, no loop gives out.

import Pipeline
import Testing
import Upstream

@testable import Aggregation
@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct StaleMemoriesTests {
    @Test func `what is disowned on one loop is forgotten on all, and nothing else`() async throws {
        let memories = StaleMemories()
        let loops = (0..<3).map { FanOutLoop(name: "test-\($0)", connections: 1) }
        let keys = ["/contacts/1", "/contacts/2"].map {
            StaleReplies.Key(upstream: 1, tenant: "t", workspace: nil, scopes: ["s"], path: $0)
        }
        var all: [Confined<StaleReplies>] = []
        for loop in loops {
            all.append(
                await Task(executorPreference: loop) {
                    let replies = memories.memory(of: loop)
                    for key in keys { replies.value.keep(ReplyBody("{}".utf8), for: key, at: .now) }
                    return replies
                }.value)
        }
        let first = all[0]

        await Task(executorPreference: loops[0]) { first.value.disown(keys[0]) }.value

        for (loop, replies) in zip(loops, all) {
            let found = await Task(executorPreference: loop) {
                keys.map { replies.value.find($0, notOlderThan: .seconds(60), at: .now) != nil }
            }.value
            #expect(found == [false, true])
        }
        for loop in loops { loop.stop() }
    }
}
