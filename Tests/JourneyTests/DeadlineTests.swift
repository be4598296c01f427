// One clock for the whole answer, which a client may only make shorter.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct DeadlineTests {
    @Test(arguments: Part.all)
    func `answers 504 when the whole takes too long`(_ part: Part) async throws {
        try await withGateway(
            script: Script(rules: [part.rule([.hang(after: nil)])]),
            settings: { settings in
                settings.tryOnce()
                settings.routes[0].deadline = .milliseconds(600)
            },
            { gateway in
                let begun = ContinuousClock.now
                let reply = try await gateway.get(Fixtures.active)

                expectError(reply, status: 504, "An upstream service did not answer in time")
                #expect(reply["Proxy-Status"]?.contains("; error=connection_read_timeout; ") == true)
                #expect(begun.duration(to: .now) >= .milliseconds(590))
                #expect(await gateway.idle().isEmpty)
            })
    }

    @Test func `leaves no more time to the later calls than the first ones left`() async throws {
        try await withGateway(
            script: .parts(["conversation": [.delay(.fixed(.seconds(1)))], "contact": [.hang(after: nil)]]),
            settings: { settings in
                settings.tryOnce()
                settings.routes[0].deadline = .seconds(3)
            },
            { gateway in
                let begun = ContinuousClock.now
                let reply = try await gateway.get(Fixtures.active)

                expectError(reply, status: 504)
                #expect(begun.duration(to: .now) < .seconds(10))
                let left = gateway.stubs.calls(to: "/contacts/{id}").first?.value("X-Request-Deadline-Ms").flatMap {
                    Int($0)
                }
                #expect((0...2000).contains(left ?? -1))
            })
    }

    @Test func `lets a client shorten its deadline`() async throws {
        try await withGateway(
            script: .parts(["messages": [.hang(after: nil)]]), settings: { $0.tryOnce() }
        ) {
            gateway in
            for wish in ["0", "1", "120"] {
                let reply = try await gateway.get(Fixtures.active, [("X-Request-Timeout-Ms", wish)])

                expectError(reply, status: 504)
            }
        }
    }

    @Test(arguments: [
        ("0", 50), ("1", 50), ("049", 50), ("700", 700), ("2999", 2999), ("3001", 3000), ("999999999999", 3000),
    ])
    func `tells upstreams how much time is left`(_ wish: String, _ most: Int) async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.routes[0].deadline = .seconds(3)
            },
            { gateway in
                // On a busy machine 50 ms may be over before there is a call.
                let wasCalled = try await eventually {
                    _ = try await gateway.get(Fixtures.active, [("X-Request-Timeout-Ms", wish)])
                    return !gateway.stubs.calls.isEmpty
                }

                let left = gateway.stubs.calls.first?.value("X-Request-Deadline-Ms").flatMap { Int($0) } ?? -1
                #expect(wasCalled)
                #expect(left <= most)
                #expect(left > (most > 50 ? 50 : -1))
            })
    }

    @Test(arguments: ["", "-1", "+1", "1.5", "1e3", "abc", "100ms", "0x10", " ", "9999999999999999999999", "1, 2", "١"])
    func `answers 400 to a malformed time`(_ wish: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active, [("X-Request-Timeout-Ms", wish)])

            expectError(reply, status: 400)
            #expect(reply["Proxy-Status"]?.contains("error=http_request_error") == true)
            #expect(gateway.stubs.calls.isEmpty)
        }
    }
}
