// A gateway whose loop has too much to do refuses what comes, and takes it again when it has caught up.

import Configuration
import Glibc
import StubUpstreams
import Support
import Synchronization
import Testing
import Upstream

@testable import Gateway

@Suite struct LagSheddingTests {
    /// Holds up all fan-out loops, pass after pass, until it goes.
    private final class Block: Sendable {
        private let isOver = Atomic<Bool>(false)

        init(_ gateway: Gateway, _ milliseconds: UInt32) {
            for runtime in gateway.runtimes { hold(runtime.loop, milliseconds) }
        }

        func end() { isOver.store(true, ordering: .relaxed) }

        private func hold(_ loop: FanOutLoop, _ milliseconds: UInt32) {
            loop.submit { [self] in
                guard !isOver.load(ordering: .relaxed) else { return }
                usleep(milliseconds * 1000)
                hold(loop, milliseconds)
            }
        }
    }

    @Test func `a loop that stays behind refuses requests, but not operators, until it has caught up`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.server.limits.lag = .milliseconds(20)
                settings.server.readyz = true
            },
            { gateway in
                let before = try await gateway.get(Fixtures.active)
                let block = Block(gateway.gateway, 30)
                let isShed = try await eventually { try await gateway.get(Fixtures.active).status == 503 }
                let shed = try await gateway.get(Fixtures.active)
                let ready = try await gateway.get("/readyz", key: "")
                let figures = try await gateway.figures()
                block.end()
                let isBack = try await eventually { try await gateway.get(Fixtures.active).status == 200 }

                #expect(before.status == 200)
                #expect(isShed)
                expectError(shed, status: 503)
                #expect(shed["Retry-After"] == "1")
                #expect(shed["Proxy-Status"]?.contains("proxy_internal_response") == true)
                #expect(ready.status == 200)
                #expect(figures.contains("\ngateway_shed_total{reason=\"lag\"} "))
                #expect(!figures.contains("\ngateway_shed_total{reason=\"lag\"} 0\n"))
                #expect(figures.contains("\ngateway_event_loop_lag_seconds{loop=\"fan-out-0\"} 0."))
                #expect(figures.contains("\ngateway_event_loop_lag_seconds{loop=\"edge-0\"} "))
                #expect(isBack)
            })
    }

    @Test func `a loop that may be as late as it likes refuses nobody`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.server.limits.lag = nil
            },
            { gateway in
                let block = Block(gateway.gateway, 30)
                var statuses: [Int] = []
                for _ in 0..<5 { statuses.append(try await gateway.get(Fixtures.active).status) }
                block.end()

                #expect(statuses == [200, 200, 200, 200, 200])
            })
    }
}
