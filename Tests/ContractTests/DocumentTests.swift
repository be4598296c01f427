// The document that clients are given, against what the gateway does.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DocumentTests {
    private let contract: ContractText

    init() throws {
        contract = try ContractText()
    }

    /// Starts a gateway, lets `work` ask it, and stops it.
    private func withGateway(
        _ rules: [Rule] = [], configuration: (String) -> String = { $0 }, settings: (inout Settings) -> Void = { _ in },
        _ work: (RunningGateway) async throws -> Void
    ) async throws {
        let gateway = try await RunningGateway.start(
            script: Script(rules: rules), configuration: configuration,
            settings: {
                $0.waitLonger()
                settings(&$0)
            })
        do {
            try await work(gateway)
        } catch {
            try await gateway.stop()
            throw error
        }
        try await gateway.stop()
    }

    private func expect(
        _ status: Int, _ answer: Answered, method: String = "GET", sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, sourceLocation: sourceLocation)
        #expect(contract.problems(answer, method: method) == [], sourceLocation: sourceLocation)
    }

    @Test func `every fixture's 200 is what the document describes, member by member and in its order`() async throws {
        try await withGateway { gateway in
            for fixture in Fixtures.all where fixture.tenant == Fixtures.tenantA {
                expect(200, try await gateway.ask(RunningGateway.path(fixture.id)))
                expect(200, try await gateway.ask(RunningGateway.path(fixture.id), method: "HEAD"), method: "HEAD")
            }
        }
    }

    @Test func `a 304 is described`() async throws {
        try await withGateway { gateway in
            let path = RunningGateway.path(Fixtures.active.id)
            let tag = try #require(try await gateway.ask(path)["ETag"])

            for method in ["GET", "HEAD"] {
                let answer = try await gateway.ask(path, method: method, fields: ["If-None-Match: \(tag)"])
                expect(304, answer, method: method)
            }
        }
    }

    @Test func `a 200 with a missing part is described`() async throws {
        let rule = Rule(service: .crm, path: "/contacts/{id}", .status(500))
        try await withGateway([rule], configuration: { $0.replacing("onFailure: fail", with: #"onFailure: "null""#) }) {
            let answer = try await $0.ask(RunningGateway.path(Fixtures.active.id))

            expect(200, answer)
            #expect(answer["Gateway-Parts"]?.contains("contact;missing=") == true)
        }
    }

    @Test(arguments: ["GET", "HEAD"])
    func `what a client can do wrong is described`(method: String) async throws {
        try await withGateway { gateway in
            let path = RunningGateway.path(Fixtures.active.id)
            func ask(_ status: Int, _ path: String, key: String?? = .none, _ fields: String...) async throws {
                expect(status, try await gateway.ask(path, method: method, key: key, fields: fields), method: method)
            }

            try await ask(400, RunningGateway.path("not-an-id"))
            try await ask(400, path, "X-Request-Timeout-Ms: soon")
            try await ask(400, path, "Bad Field: x")
            try await ask(401, path, key: .some(nil))
            try await ask(401, path, key: "sf_test_v1_ThisIsNoKeyThatAnybodyKnows00000000000")
            try await ask(403, path, key: gateway.scopelessKey)
            try await ask(404, RunningGateway.path(Fixtures.unknown))
            try await ask(404, RunningGateway.path(Fixtures.otherTenant.id))
            try await ask(404, RunningGateway.path(Fixtures.elsewhere.id), key: gateway.workspaceKey)
            try await ask(413, path, "Content-Length: 1000000")
            try await ask(414, path + "?" + String(repeating: "x", count: 10_000))
            try await ask(417, path, "Expect: a miracle")
            try await ask(431, path, "X-Big: " + String(repeating: "x", count: 40_000))
            try await ask(501, path, "Transfer-Encoding: gzip, chunked")
        }
    }

    @Test func `what a client can do wrong with its request line is described`() async throws {
        try await withGateway(settings: { $0.server.timeouts.headers = .milliseconds(200) }) { gateway in
            let path = RunningGateway.path(Fixtures.active.id)

            expect(505, try await gateway.send("GET \(path) HTTP/2.0\r\nHost: x\r\n\r\n"))
            expect(400, try await gateway.send("GET  \(path) HTTP/1.1\r\nHost: x\r\n\r\n"))
            expect(408, try await gateway.send("GET \(path) HTTP/1.1\r\nHost: x\r\n"))
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "PURGE"] {
                expect(405, try await gateway.ask(path, method: method))
            }
        }
    }

    @Test(arguments: [
        (502, [Action.status(500)]), (502, [.status(401)]), (502, [.redirect("http://127.0.0.1:1/")]),
        (502, [.reset(.headers)]), (502, [.close(.body(10))]), (502, [.garbage(bytes: 100)]),
        (502, [.change(.without("id"))]), (502, [.change(.wrongTenant)]), (502, [.oversized(bytes: 5_000_000)]),
        (503, [.status(429)]), (503, [.status(429), .fields([.init("Retry-After", "7")])]), (504, [.hang(after: nil)]),
    ])
    func `what an upstream can do wrong is described`(status: Int, actions: [Action]) async throws {
        var rule = Rule(service: .crm, path: "/contacts/{id}")
        rule.actions = actions
        try await withGateway([rule]) { gateway in
            for method in ["GET", "HEAD"] {
                let answer = try await gateway.ask(
                    RunningGateway.path(Fixtures.active.id), method: method,
                    fields: status == 504 ? ["X-Request-Timeout-Ms: 300"] : [])

                expect(status, answer, method: method)
                #expect(answer["Proxy-Status"]?.contains("next-hop=crm") == true)
            }
        }
    }

    @Test func `a gateway that is full is described`() async throws {
        let gate = Gate()
        try await withGateway([Rule(.hold(gate))], settings: { $0.server.limits.inFlight = 1 }) { gateway in
            let path = RunningGateway.path(Fixtures.active.id)
            async let first = gateway.ask(path)
            try await gate.waitUntil(arrived: 1)

            expect(503, try await gateway.ask(path))
            await gate.open()
            expect(200, try await first)
        }
    }

    @Test func `the judge sees what is wrong`() throws {
        let schema: (String) -> [String] = { body in
            let answer = Answered(status: 200, fields: [], body: Array(body.utf8))
            return contract.problems(answer, method: "GET")
        }

        #expect(schema("{}").contains { $0.contains("body.messages is missing") })
        #expect(schema("{} ").contains { $0.contains("no JSON") })
        #expect(schema(#"{"id":1}"#).contains { $0.contains("body.id is") })
        #expect(schema(#"{"shard":1}"#).contains { $0.contains("unlisted") })
        #expect(schema(#"{"tenantId":"","id":""}"#).contains { $0.contains("members as") })
        #expect(schema("{}").contains { $0.contains("X-Request-Id is missing") })
        #expect(contract.problems(Answered(status: 418, fields: [], body: []), method: "GET").count == 1)
    }
}
