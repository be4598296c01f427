// Answers that are given again: to whom, for how long, and which are not.

import Configuration
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct ReuseTests {
    /// Answers may be given again for longer than any test takes, unless it says otherwise.
    static func reusing(
        for time: Duration? = .seconds(60), _ more: @escaping (inout Settings) -> Void = { _ in }
    ) -> (inout Settings) -> Void {
        return { settings in
            settings.tryOnce()
            for index in settings.upstreams.indices { settings.upstreams[index].coalesce = true }
            settings.routes[0].reuse = time
            more(&settings)
        }
    }

    /// How often upstreams were asked for a conversation.
    func runs(_ gateway: RunningGateway) -> Int {
        gateway.stubs.calls(to: "/conversations/{id}").count
    }

    // MARK: Given again

    @Test func `whoever asks next gets the same, and upstreams are not asked`() async throws {
        try await withGateway(settings: Self.reusing()) { gateway in
            let first = try await gateway.get(Fixtures.active, [("X-Request-Id", "first")])
            let second = try await gateway.get(Fixtures.active, [("X-Request-Id", "second")])

            #expect([first.status, second.status] == [200, 200])
            #expect(second.text == first.text)
            for field in ["ETag", "Cache-Control", "Content-Type", "Vary", "Content-Length"] {
                #expect(second[field] == first[field])
            }
            #expect(second["X-Request-Id"] == "second")
            #expect(second["Server-Timing"]?.contains("total;dur=") == true)
            #expect(gateway.stubs.calls.count == 5)
        }
    }

    @Test func `nothing is given again where nothing is said of it`() async throws {
        try await withGateway(settings: Self.reusing(for: nil)) { gateway in
            for _ in 0..<3 { _ = try await gateway.get(Fixtures.active) }

            #expect(gateway.stubs.calls.count == 15)
        }
    }

    @Test func `when its time is over upstreams are asked again`() async throws {
        try await withGateway(settings: Self.reusing(for: .milliseconds(300))) { gateway in
            let began = ContinuousClock.now
            _ = try await gateway.get(Fixtures.active)
            #expect(
                try await eventually {
                    _ = try await gateway.get(Fixtures.active)
                    return runs(gateway) >= 2
                })

            #expect(began.duration(to: .now) > .milliseconds(300))
        }
    }

    @Test func `what nobody asks for any more leaves by itself`() async throws {
        try await withGateway(settings: Self.reusing(for: .milliseconds(300))) { gateway in
            let isKept = try await eventually {
                _ = try await gateway.get(Fixtures.active)
                return try await !gateway.figures().contains("\ngateway_kept_answers_bytes 0\n")
            }
            let isGone = try await eventually {
                try await gateway.figures().contains("\ngateway_kept_answers_bytes 0\n")
            }

            #expect(isKept && isGone)
        }
    }

    @Test func `each has its own word about what it has already`() async throws {
        try await withGateway(settings: Self.reusing()) { gateway in
            let first = try await gateway.get(Fixtures.active)
            let tag = try #require(first["ETag"])
            let known = try await gateway.get(Fixtures.active, [("If-None-Match", tag)])
            let other = try await gateway.get(Fixtures.active, [("If-None-Match", "\"other\"")])
            let head = try await gateway.get(Fixtures.active, method: "HEAD")

            #expect([known.status, other.status, head.status] == [304, 200, 200])
            #expect(known.body == [])
            #expect(known["ETag"] == tag)
            #expect(other.text == first.text)
            #expect(head["Content-Length"] == first["Content-Length"])
            #expect(gateway.stubs.calls.count == 5)
        }
    }

    @Test func `one that was waited for by others only is kept, too`() async throws {
        let gate = Gate(limit: .seconds(60))
        try await withGateway(script: .parts(["messages": [.hold(gate)]]), settings: Self.reusing()) { gateway in
            let first = try gateway.begin(Fixtures.active)
            try await gate.waitUntil(arrived: 1)
            let second = try gateway.begin(Fixtures.active)
            #expect(await eventually { await gateway.gateway.inventory.requests == 2 })
            first.reset()
            #expect(await eventually { await gateway.gateway.inventory.requests == 1 })
            await gate.open()
            #expect(try await second.reply().status == 200)
            #expect(try await gateway.get(Fixtures.active).status == 200)

            #expect(runs(gateway) == 1)
        }
    }

    @Test func `it comes before a run that is in the air`() async throws {
        try await withGateway(settings: Self.reusing()) { gateway in
            let path = RunningGateway.path(Fixtures.active)
            let first = try await gateway.get(path, key: gateway.explainingKey)
            let gate = Gate(limit: .seconds(60))
            gateway.stubs.replace(script: .parts(["messages": [.hold(gate)]]))
            let explained = try gateway.begin(path, key: gateway.explainingKey, [("X-Gateway-Explain", "1")])
            try await gate.waitUntil(arrived: 1)
            let between = try await gateway.get(path, key: gateway.explainingKey)
            await gate.open()

            #expect(between.text == first.text)
            #expect(try await explained.reply().status == 200)
            #expect(runs(gateway) == 2)
        }
    }

    @Test func `who wants to know where the time goes gets a run`() async throws {
        try await withGateway(settings: Self.reusing()) { gateway in
            let path = RunningGateway.path(Fixtures.active)
            _ = try await gateway.get(path, key: gateway.explainingKey)
            let explained = try await gateway.get(path, key: gateway.explainingKey, [("X-Gateway-Explain", "1")])
            let runsThen = runs(gateway)
            // Without the scope it is as if it had not asked.
            _ = try await gateway.get(path)
            _ = try await gateway.get(path, [("X-Gateway-Explain", "1")])

            #expect(explained["Server-Timing"]?.contains("contact.1") == true)
            #expect(runsThen == 2)
            #expect(runs(gateway) == 3)
        }
    }

    // MARK: Not given again

    @Test func `an unknown record is asked for each time`() async throws {
        try await withGateway(settings: Self.reusing()) { gateway in
            for _ in 0..<2 {
                let reply = try await gateway.get("/api/conversations/\(Fixtures.unknown)")
                expectError(reply, status: 404, "Conversation not found")
            }

            #expect(runs(gateway) == 2)
        }
    }

    @Test func `a failure is nobody else's`() async throws {
        let script = Script.parts(["contact": [.status(500)]])
        try await withGateway(script: script, settings: Self.reusing()) { gateway in
            for _ in 0..<2 { expectError(try await gateway.get(Fixtures.active), status: 502) }

            #expect(runs(gateway) == 2)
        }
    }

    @Test func `what lacks a part is made anew each time`() async throws {
        let settings = Self.reusing { $0.change(part: "contact") { $0.onFailure = .null } }
        let script = Script.parts(["contact": [.status(500)]])
        try await withGateway(script: script, settings: settings) { gateway in
            for _ in 0..<2 {
                let reply = try await gateway.get(Fixtures.active)
                #expect(reply["Gateway-Parts"]?.contains("contact;missing=error") == true)
            }

            #expect(runs(gateway) == 2)
        }
    }

    @Test func `what has an old part is made anew each time`() async throws {
        let settings = Self.reusing { $0.change(part: "contact") { $0.staleIfError = .seconds(600) } }
        try await withGateway(settings: settings) { gateway in
            let whole = try await gateway.get(Fixtures.active)
            gateway.stubs.replace(script: .parts(["contact": [.status(503)]]))
            // Answers are forgotten, replies of upstreams that did not change are not.
            try await gateway.gateway.reload(gateway.gateway.settings)
            for _ in 0..<2 {
                let reply = try await gateway.get(Fixtures.active)
                #expect(reply["Gateway-Parts"]?.contains("contact;stale=") == true)
            }

            #expect(!whole.has("Gateway-Parts"))
            #expect(runs(gateway) == 3)
        }
    }

    @Test func `what took longer to make than it may be old is nobody else's`() async throws {
        let script = Script.parts(["messages": [.delay(.fixed(.milliseconds(200)))]])
        try await withGateway(script: script, settings: Self.reusing(for: .milliseconds(199))) { gateway in
            for _ in 0..<3 { _ = try await gateway.get(Fixtures.active) }

            #expect(runs(gateway) == 3)
        }
    }

    @Test func `a reload forgets all answers, also those that are still being made`() async throws {
        let gate = Gate(limit: .seconds(60))
        try await withGateway(settings: Self.reusing()) { gateway in
            _ = try await gateway.get(Fixtures.active)
            try await gateway.gateway.reload(gateway.gateway.settings)
            _ = try await gateway.get(Fixtures.active)
            let afterReload = runs(gateway)

            gateway.stubs.replace(script: .parts(["messages": [.hold(gate)]]))
            let held = try gateway.begin(Fixtures.long)
            try await gate.waitUntil(arrived: 1)
            try await gateway.gateway.reload(gateway.gateway.settings)
            await gate.open()
            #expect(try await held.reply().status == 200)
            let kept = try await gateway.figures().contains("\ngateway_kept_answers_bytes 0\n")
            _ = try await gateway.get(Fixtures.long)

            #expect(afterReload == 2)
            #expect(kept)
            #expect(runs(gateway) == 4)
        }
    }

    @Test func `nothing is given again where one of the upstreams says that nothing is shared`() async throws {
        let settings = Self.reusing { $0.change("crm") { $0.coalesce = false } }
        try await withGateway(settings: settings) { gateway in
            for _ in 0..<2 { _ = try await gateway.get(Fixtures.active) }

            #expect(runs(gateway) == 2)
        }
    }
}
