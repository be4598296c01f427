// What upstreams are asked: section 6 of the contract, seen from their side.

import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(1)))
struct UpstreamCallTests {
    /// The calls that one request makes.
    private func calls(
        for fixture: Fixtures.Conversation, path: String? = nil, _ fields: String...
    ) async throws -> [RecordedCall] {
        let gateway = try await RunningGateway.start(settings: { $0.waitLonger() })
        let answer = try await gateway.ask(path ?? RunningGateway.path(fixture.id), fields: fields)
        let calls = gateway.stubs.calls
        try await gateway.stop()
        #expect(answer.status == 200)
        return calls
    }

    private func lines(_ calls: [RecordedCall]) -> [String] {
        calls.map { "\($0.service.rawValue) \($0.method) \($0.target)" }.sorted()
    }

    @Test func `a whole conversation takes five calls`() async throws {
        let id = Fixtures.active.id
        let calls = try await calls(for: Fixtures.active)

        #expect(
            lines(calls) == [
                "conversations GET /conversations/\(id)", "conversations GET /conversations/\(id)/attention-items",
                "conversations GET /conversations/\(id)/messages",
                "crm GET /accounts/\(Fixtures.active.accountID ?? "")",
                "crm GET /contacts/\(Fixtures.active.contactID ?? "")",
            ])
    }

    @Test func `nobody is asked for what is null`() async throws {
        #expect(try await calls(for: Fixtures.new).count == 3)
        #expect(try await calls(for: Fixtures.consumer).count == 4)
    }

    @Test func `an id out of a reply is percent-encoded as one segment`() async throws {
        let calls = try await calls(for: Fixtures.oddContact)

        #expect(calls.contains { $0.target == "/contacts/ct%207%2F%C3%BC%3F%23%252F" })
    }

    @Test func `a client's query goes nowhere, and its id as it was sent`() async throws {
        let id = Fixtures.active.id.uppercased()
        let calls = try await calls(for: Fixtures.active, path: RunningGateway.path(id) + "?a=b")

        #expect(calls.contains { $0.target == "/conversations/\(id)/messages" })
        #expect(!calls.contains { $0.target.contains("?") })
    }

    @Test func `each call carries what section 6 names, and nothing else`() async throws {
        let trace = "0af7651916cd43dd8448eb211c80319c"
        let calls = try await calls(
            for: Fixtures.active, "X-Request-Id: checkout-42", "traceparent: 00-\(trace)-b7ad6b7169203331-01",
            "tracestate: vendor=1", "Cookie: a=b", "X-Tenant-Id: \(Fixtures.tenantB)", "X-Forwarded-For: 10.0.0.1",
            "Accept: text/html", "User-Agent: browser", "X-Other: 1")
        let spans = Set(calls.compactMap { $0.value("traceparent")?.split(separator: "-").dropFirst(2).first })

        #expect(calls.count == 5)
        #expect(spans.count == 5)
        for call in calls {
            #expect(
                call.headers.map { $0.name.lowercased() }.sorted() == [
                    "accept", "forwarded", "host", "traceparent", "tracestate", "user-agent", "x-gateway-hop",
                    "x-request-deadline-ms", "x-request-id", "x-tenant-id",
                ])
            #expect(call.value("Accept") == "application/json")
            #expect(call.value("Forwarded") == "for=127.0.0.1;proto=http")
            #expect(call.value("X-Tenant-Id") == Fixtures.tenantA)
            #expect(call.value("X-Request-Id") == "checkout-42")
            #expect(call.value("tracestate") == "vendor=1")
            #expect(call.value("User-Agent")?.hasPrefix("conversation-gateway/") == true)
            #expect(call.value("traceparent")?.hasPrefix("00-\(trace)-") == true)
            #expect((1...30_000).contains(call.value("X-Request-Deadline-Ms").flatMap { Int($0) } ?? 0))
        }
    }

    @Test func `a client's shorter deadline is told to upstreams`() async throws {
        let calls = try await calls(for: Fixtures.active, "X-Request-Timeout-Ms: 2000")

        #expect(calls.allSatisfy { (1...2000).contains($0.value("X-Request-Deadline-Ms").flatMap { Int($0) } ?? 0) })
    }

    @Test func `a request without an id gets one, the same for all its calls and its answer`() async throws {
        let gateway = try await RunningGateway.start(settings: { $0.waitLonger() })
        let answer = try await gateway.ask(RunningGateway.path(Fixtures.active.id), fields: ["X-Request-Id: not good"])
        let ids = Set(gateway.stubs.calls.map { $0.value("X-Request-Id") })
        try await gateway.stop()

        #expect(ids.count == 1)
        #expect(ids.first == answer["X-Request-Id"])
    }
}
