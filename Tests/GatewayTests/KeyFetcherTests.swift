// What one fetcher of keys leaves on its loop.

import Configuration
import Identity
import Logging
import Testing
import Upstream

@testable import Gateway

struct KeyFetcherTests {
    @Test func `has one alarm, however often it is woken`() async throws {
        let loop = FanOutLoop(name: "test", connections: 1)
        // Nothing listens on port 1, so the first fetch fails and the second is due a second later.
        let issuer = Issuer(
            JWTSettings(issuer: "i", audience: "a", jwks: "http://127.0.0.1:1/keys", tenantClaim: "t"), KnownKeys())
        let (failures, told) = AsyncStream.makeStream(of: Void.self)
        let fetcher = LoopOwned<KeyFetcher?>(nil, by: loop)
        loop.submit {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            fetcher.value = KeyFetcher(issuer, on: loop, Outcomes(), logger) {
                if $0.known.isDoubtful { told.yield() }
            }
            fetcher.value?.wake()
        }
        for await _ in failures { break }

        let counts = await Task(executorPreference: loop) {
            let before = loop.alarmsSet
            for _ in 0..<20 { fetcher.value?.wake() }
            let after = loop.alarmsSet
            fetcher.value?.stop()
            fetcher.value = nil
            return (before, after, loop.alarmsSet)
        }.value

        #expect(counts == (1, 1, 0))
        loop.stop()
    }
}
