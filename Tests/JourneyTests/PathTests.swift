// Paths are compared byte for byte, so there is one way to read each.

import StubUpstreams
import Support
import Testing

@Suite struct PathTests {
    private static let id = Fixtures.active.id

    @Test(
        arguments: [
            "/", "/api", "/api/conversations", "/api/conversations/", "//api/conversations/\(id)",
            "/api/conversations/\(id)/",
            "/api//conversations/\(id)", "/api/./conversations/\(id)", "/api/x/../conversations/\(id)",
            "/api/%63onversations/\(id)", "/API/conversations/\(id)", "/api/conversations/\(id)/messages",
            "/api/conversations/../../conversations/\(id)", "/api;x/conversations/\(id)",
            "/api%2fconversations/\(id)", "/healthz", "/livez", "/metrics", "/conversations/\(id)",
        ])
    func `answers 404 to any other path`(_ path: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(path)

            expectError(reply, status: 404, "Not found")
            #expect(gateway.stubs.calls.isEmpty)
        }
    }

    @Test(
        arguments: [
            "x", "1", "..", ".", "%2e%2e", "\(id)x", "\(id.dropLast())", "\(id.dropLast())g", "\(id.dropLast())%30",
            "{\(id)}", "\(id);x", "\(id)%00", "\(id)%2f", "\(id)%2fmessages", "urn:uuid:\(id)",
            id.replacing("-", with: ""), "c0de0001_5eed_4a11_8f00_000000000002", "\(id)%20", "%63\(id.dropFirst())",
            "c0de00015eed4a118f00000000000002----",
        ])
    func `answers 400 to an id of another form`(_ id: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get("/api/conversations/\(id)")

            expectError(reply, status: 400)
            #expect(reply["Proxy-Status"]?.hasPrefix("conversation-gateway; error=http_request_error") == true)
            #expect(gateway.stubs.calls.isEmpty)
        }
    }

    @Test func `does not look at an id's version`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get("/api/conversations/00000000-0000-0000-0000-000000000000")

            expectError(reply, status: 404, "Conversation not found")
        }
    }

    @Test(arguments: ["?", "?a=b", "?id=../x", "?%", "?a?b/c"])
    func `ignores a query`(_ query: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(RunningGateway.path(Fixtures.active) + query)

            #expect(reply.status == 200)
            #expect(gateway.stubs.calls.allSatisfy { $0.target == $0.path })
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get", "PROPFIND"])
    func `answers 405 to other methods`(_ method: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(RunningGateway.path(Fixtures.active), method: method)

            expectError(reply, status: 405, "Method not allowed")
            #expect(reply["Allow"]?.contains("GET") == true)
            #expect(reply["Allow"]?.contains("HEAD") == true)
            #expect(gateway.stubs.calls.isEmpty)
        }
    }
}
