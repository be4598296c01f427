// Which pages may read answers: section 4 of the contract, as a browser asks.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct CrossOriginTests {
    private static let app = "https://app.example.com"

    private func withOrigins(
        credentials: Bool = false, script: Script = Script(), _ body: (RunningGateway) async throws -> Void
    ) async throws {
        try await withGateway(
            script: script,
            settings: {
                $0.tryOnce()
                $0.server.cors.origins = [Self.app, "http://localhost:3000"]
                $0.server.cors.credentials = credentials
                $0.server.cors.maxAge = .seconds(120)
            }, body)
    }

    private func preflight(_ origin: String) -> [(String, String)] {
        [
            ("Origin", origin), ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "authorization,x-request-id"),
        ]
    }

    /// The names of a list in a field, in lower case.
    private func names(_ field: String?) -> Set<String> {
        Set((field ?? "").lowercased().split(separator: ",").map { String($0.drop { $0 == " " }) })
    }

    @Test(arguments: [app, "http://localhost:3000"])
    func `a page of a configured origin may read an answer and its fields`(_ origin: String) async throws {
        try await withOrigins { gateway in
            let reply = try await gateway.get(Fixtures.active, [("Origin", origin)])

            #expect(reply.status == 200)
            #expect(reply["Access-Control-Allow-Origin"] == origin)
            #expect(!reply.has("Access-Control-Allow-Credentials"))
            #expect(reply["Vary"] == "Authorization, Origin")
            #expect(
                names(reply["Access-Control-Expose-Headers"]).isSuperset(of: [
                    "x-request-id", "etag", "gateway-parts", "server-timing", "proxy-status", "retry-after", "date",
                ]))
        }
    }

    @Test func `may read a 304, a HEAD's answer, and errors of every kind`() async throws {
        let script = Script.parts(["contact": [.status(500)]])
        try await withOrigins(script: script) { gateway in
            let origin = [("Origin", Self.app)]
            let path = RunningGateway.path(Fixtures.active)
            let replies = [
                try await gateway.get("/nowhere", origin),
                try await gateway.get(path, key: "", origin),
                try await gateway.get(path, origin),
                try await gateway.get(path, method: "DELETE", origin),
                try await gateway.get("/api/conversations/1", origin),
                try await gateway.get(path, origin + [("Content-Length", "99999999")]),
            ]
            gateway.stubs.replace(script: Script())
            let others = [
                try await gateway.get(path, method: "HEAD", origin),
                try await gateway.get(path, origin + [("If-None-Match", "*")]),
            ]

            #expect(replies.map(\.status) == [404, 401, 502, 405, 400, 413])
            #expect(others.map(\.status) == [200, 304])
            for reply in replies + others {
                #expect(reply["Access-Control-Allow-Origin"] == Self.app)
                #expect(reply.has("Access-Control-Expose-Headers"))
                #expect(reply["Vary"] == "Authorization, Origin")
            }
        }
    }

    @Test func `may send credentials of the browser where that is configured`() async throws {
        try await withOrigins(credentials: true) { gateway in
            let reply = try await gateway.get(Fixtures.active, [("Origin", Self.app)])
            let first = try await gateway.get(
                RunningGateway.path(Fixtures.active), method: "OPTIONS", key: "", preflight(Self.app))

            #expect(reply["Access-Control-Allow-Credentials"] == "true")
            #expect(first["Access-Control-Allow-Credentials"] == "true")
        }
    }

    @Test(arguments: ["/api/conversations/c0de0001-5eed-4a11-8f00-000000000002", "/nowhere"])
    func `a preflight is answered without a credential, whatever the path`(_ path: String) async throws {
        try await withOrigins { gateway in
            let client = try gateway.begin(path, method: "OPTIONS", key: "", preflight(Self.app))
            let reply = try await client.reply()
            try client.send(gateway.request(RunningGateway.path(Fixtures.active), [("Origin", Self.app)]))
            let second = try await client.reply()

            #expect(reply.status == 204)
            #expect(reply.body.isEmpty && !reply.has("Content-Length") && !reply.has("Content-Type"))
            #expect(reply["Access-Control-Allow-Origin"] == Self.app)
            #expect(names(reply["Access-Control-Allow-Methods"]) == ["get", "head"])
            #expect(
                names(reply["Access-Control-Allow-Headers"]) == [
                    "authorization", "if-none-match", "x-request-id", "x-request-timeout-ms", "traceparent",
                    "tracestate",
                ])
            #expect(reply["Access-Control-Max-Age"] == "120")
            #expect(names(reply["Vary"]).contains("origin"))
            #expect(reply["X-Request-Id"] != nil)
            // The connection goes on, and nothing was called for the preflight.
            #expect(second.status == 200)
            #expect(gateway.stubs.calls.count == 5)
        }
    }

    @Test(
        arguments: [
            "null", "*", "", "https://app.example.com.evil.test", "https://evil.test/app.example.com",
            "http://app.example.com", "https://app.example.com:443", "https://app.example.com/",
            "https://APP.example.com",
            "https://app.example.co", "https://xapp.example.com", "app.example.com", "https://app.example.com, null",
            "https://app.example.com https://evil.test", "http://localhost:3001", "http://localhost",
        ])
    func `a page of any other origin may not`(_ origin: String) async throws {
        try await withOrigins(credentials: true) { gateway in
            let reply = try await gateway.get(Fixtures.active, [("Origin", origin)])
            let first = try await gateway.get(
                RunningGateway.path(Fixtures.active), method: "OPTIONS", key: "", preflight(origin))

            #expect(reply.status == 200)
            expectError(first, status: 403, "Not allowed")
            for reply in [reply, first] {
                #expect(!reply.fields.contains { $0.name.lowercased().hasPrefix("access-control-") })
                #expect(reply["Vary"] == "Authorization, Origin")
            }
        }
    }

    @Test func `who names no origin gets no word of it`() async throws {
        try await withOrigins { gateway in
            let replies = [
                try await gateway.get(Fixtures.active), try await gateway.get("/nowhere"),
                try await gateway.get("/nowhere", method: "OPTIONS"),
            ]

            #expect(replies.map(\.status) == [200, 404, 404])
            for reply in replies {
                #expect(!reply.fields.contains { $0.name.lowercased().hasPrefix("access-control-") })
                #expect(reply["Vary"] == "Authorization, Origin")
            }
        }
    }

    @Test func `OPTIONS that announces no method is a request as any other`() async throws {
        try await withOrigins { gateway in
            let path = RunningGateway.path(Fixtures.active)
            let stranger = try await gateway.get(path, method: "OPTIONS", key: "", [("Origin", Self.app)])
            let known = try await gateway.get(path, method: "OPTIONS", [("Origin", Self.app)])

            #expect(stranger.status == 401)
            #expect(known.status == 405)
            #expect(known["Access-Control-Allow-Origin"] == Self.app)
        }
    }

    @Test func `without configured origins a preflight is a request as any other`() async throws {
        try await withGateway { gateway in
            let path = RunningGateway.path(Fixtures.active)
            let stranger = try await gateway.get(path, method: "OPTIONS", key: "", preflight(Self.app))
            let known = try await gateway.get(path, method: "OPTIONS", preflight(Self.app))

            #expect(stranger.status == 401)
            expectError(known, status: 405)
            #expect(known["Allow"] == "GET, HEAD")
        }
    }
}
