// Keys that are fetched from where an issuer publishes them, through everything that may happen there.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct KeyFetchTests {
    private let issuer: TokenIssuer
    private let next: TokenIssuer

    init() throws {
        issuer = try TokenIssuer(tenant: Fixtures.tenantA)
        next = try TokenIssuer(tenant: Fixtures.tenantA)
    }

    /// The key that `next` signs with, under an id of its own.
    private func newKey() throws -> String { try next.key(.es256, keyID: "new") }

    private func newToken() throws -> String {
        try next.token(header: TokenIssuer.header(.es256, keyID: "new"))
    }

    /// What becomes of `token` once it becomes `status`; nil: it never does.
    private func reply(_ gateway: RunningGateway, _ token: String, becomes status: Int) async throws -> HTTPReply? {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            let reply = try await gateway.get(Fixtures.active, key: token)
            if reply.status == status { return reply }
            try await Task.sleep(for: .milliseconds(5))
        }
        return nil
    }

    @Test func `fetches at the start, with nothing of a caller's`() async throws {
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            for _ in 0..<5 {
                let token = try issuer.token()
                #expect(try await gateway.get(Fixtures.active, key: token).status == 200)
            }
            #expect(server.asked == 1)
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("GET /keys?version=1 HTTP/1.1\r\nHost: 127.0.0.1:"))
            #expect(request.contains("User-Agent: conversation-gateway/"))
            for name in ["X-Tenant-Id", "X-Request-Id", "traceparent", "Authorization", "X-Request-Deadline-Ms"] {
                #expect(!request.contains(name))
            }
        }
    }

    @Test func `lets a token wait for the first fetch`() async throws {
        let server = try KeyServer(issuer.keySet())
        server.hold()
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            #expect(await server.isAsked(times: 1))
            let client = try gateway.begin(RunningGateway.path(Fixtures.active), key: try issuer.token())
            defer { client.close() }
            // Others do not wait for it.
            #expect(try await gateway.get(Fixtures.active).status == 200)

            server.release()

            #expect(try await client.reply().status == 200)
        }
    }

    @Test func `gives a waiting token no more time than its client gives, and survives one that leaves`() async throws {
        let server = try KeyServer(issuer.keySet())
        server.hold()
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            let token = try issuer.token(), path = RunningGateway.path(Fixtures.active)
            #expect(await server.isAsked(times: 1))
            let leaving = try gateway.begin(path, key: token)
            let begin = ContinuousClock.now

            let reply = try await gateway.get(path, key: token, [("X-Request-Timeout-Ms", "100")])
            let took = begin.duration(to: .now)
            leaving.reset()

            expectError(reply, status: 503)
            #expect(took < .milliseconds(1500))
            server.release()
            #expect(try await gateway.get(path, key: token).status == 200)
        }
    }

    @Test func `takes a key that is new without failing a token, however many come`() async throws {
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            let old = try issuer.token()
            #expect(try await gateway.get(Fixtures.active, key: old).status == 200)
            server.publish(try issuer.keySet([issuer.key(.es256), newKey()]))

            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<60 {
                    let token = number.isMultiple(of: 3) ? old : try newToken()
                    group.addTask { try await gateway.get(Fixtures.active, key: token).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }

            #expect(statuses == Array(repeating: 200, count: 60))
            #expect(server.asked == 2)
        }
    }

    @Test func `forgets a token whose key is gone from the set`() async throws {
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            // Made long enough before the fetch to be sure, whosever clock is wrong.
            let made = Int(Date().timeIntervalSince1970) - 120
            let old = try issuer.token(claims: issuer.claims(["iat": "\(made)"]))
            #expect(try await gateway.get(Fixtures.active, key: old).status == 200)
            server.publish(try issuer.keySet([newKey()]))
            #expect(try await gateway.get(Fixtures.active, key: try newToken()).status == 200)

            #expect(try await gateway.get(Fixtures.active, key: old).status == 401)
        }
    }

    @Test func `asks once for keys that nobody knows, whoever makes them up`() async throws {
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            for number in 0..<30 {
                let header = TokenIssuer.header(.es256, keyID: "made-up-\(number)")
                let reply = try await gateway.get(Fixtures.active, key: try issuer.token(header: header))
                expectError(reply, status: 503)
                #expect((1...31).contains(reply["Retry-After"].flatMap { Int($0) } ?? 0))
            }
            // Of one that is older than the set, the set is the last word.
            let made = Int(Date().timeIntervalSince1970) - 120
            let old = try issuer.token(
                header: TokenIssuer.header(.es256, keyID: "made-up"), claims: issuer.claims(["iat": "\(made)"]))
            expectError(try await gateway.get(Fixtures.active, key: old), status: 401)
            #expect(server.asked == 2)
            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 200)
        }
    }

    @Test func `refuses no token of a new key because somebody had made one up just before`() async throws {
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            let forged = try issuer.token(header: TokenIssuer.header(.es256, keyID: "made-up"))
            expectError(try await gateway.get(Fixtures.active, key: forged), status: 503)
            #expect(server.asked == 2)
            server.publish(try issuer.keySet([issuer.key(.es256), newKey()]))

            for _ in 0..<5 {
                let reply = try await gateway.get(Fixtures.active, key: try newToken())
                expectError(reply, status: 503)
                #expect((1...31).contains(reply["Retry-After"].flatMap { Int($0) } ?? 0))
            }
            // Stands for the next fetch, which nobody here waits 30 s for.
            var settings = gateway.gateway.settings
            settings.auth.jwt[0].jwks += "&again"
            try await gateway.gateway.reload(settings)
            #expect(try await reply(gateway, try newToken(), becomes: 200) != nil)
        }
    }

    @Test func `starts without the provider, and recovers by itself`() async throws {
        let host = LoopbackHost()
        let port = try host.freePort()
        let file = FileManager.default.temporaryDirectory.path + "/keys-\(UUID().uuidString).json"
        let other = try TokenIssuer(name: "https://other.test/", tenant: Fixtures.tenantA)
        try other.keySet().write(toFile: file, atomically: true, encoding: .utf8)
        defer { unlink(file) }
        let url = "http://\(host.name):\(port)/keys?version=1"
        try await withTokens([(issuer.name, url, ""), (other.name, file, "")]) { gateway in
            let token = try issuer.token()
            let reply = try #require(try await reply(gateway, token, becomes: 503))

            expectError(reply, status: 503)
            #expect((1...60).contains(reply["Retry-After"].flatMap { Int($0) } ?? 0))
            #expect(reply["Proxy-Status"]?.contains("destination_unavailable") == true)
            // Of others, and of tokens that are wrong anyway, nothing is held against it.
            #expect(try await gateway.get(Fixtures.active).status == 200)
            #expect(try await gateway.get(Fixtures.active, key: try other.token()).status == 200)
            let expired = try issuer.token(claims: issuer.claims(["exp": "1"]))
            #expect(try await gateway.get(Fixtures.active, key: expired).status == 401)

            let server = try KeyServer(issuer.keySet(), host: host.name, port: port)
            #expect(try await self.reply(gateway, token, becomes: 200) != nil)
            #expect(server.asked == 1)
        }
    }

    @Test func `goes on with the last good keys when the provider fails`() async throws {
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 200)
            server.fail()

            // An unknown key has it fetch; whether the key exists is open, and said so.
            expectError(try await gateway.get(Fixtures.active, key: try newToken()), status: 503)
            #expect(server.asked >= 2)
            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 200)
            #expect(gateway.gateway.keyFetches.failed >= 1)
            server.publish(try issuer.keySet([issuer.key(.es256), newKey()]))
            #expect(try await reply(gateway, try newToken(), becomes: 200) != nil)
        }
    }

    @Test(arguments: [
        "", "{}", #"{"keys":[]}"#, "<html>Sign in</html>", #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#,
        #"{"keys":["# + String(repeating: #"{"kty":"oct"},"#, count: 20_000) + "{}]}",
    ])
    func `keeps the keys when what is published is not a set of keys`(_ document: String) async throws {
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            let token = try issuer.token()
            #expect(try await gateway.get(Fixtures.active, key: token).status == 200)
            server.publish(document)

            #expect(try await gateway.get(Fixtures.active, key: try newToken()).status == 503)

            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 200)
        }
    }

    @Test func `follows no redirect, and takes no 404 for a set`() async throws {
        for status in [204, 301, 302, 404, 403] {
            let server = try KeyServer(issuer.keySet())
            server.fail(status)
            try await withTokens([(issuer.name, server.url, "")]) { gateway in
                let reply = try await reply(gateway, try issuer.token(), becomes: 503)
                #expect(reply != nil, "\(status)")
            }
        }
    }

    @Test func `leaves at once while a fetch is under way`() async throws {
        let server = try KeyServer(issuer.keySet())
        server.hold()
        let begin = ContinuousClock.now
        try await withTokens([(issuer.name, server.url, "")]) { _ in
            #expect(await server.isAsked(times: 1))
        }

        #expect(begin.duration(to: .now) < .milliseconds(1900))
    }

    @Test func `keeps fetched keys when a reload changes what an entry reads in tokens`() async throws {
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            let token = try issuer.token(claims: issuer.claims(["ws": "\"another\""]))
            #expect(try await gateway.get(Fixtures.active, key: token).status == 200)
            server.fail()
            var settings = gateway.gateway.settings

            settings.auth.jwt[0].workspaceClaim = "ws"
            try await gateway.gateway.reload(settings)

            // The keys are those that were fetched; what was verified by the old entry is forgotten.
            #expect(try await gateway.get(Fixtures.active, key: token).status == 404)
            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 200)
            #expect(server.asked == 1)
            // And they are still looked after.
            server.publish(try issuer.keySet([issuer.key(.es256), newKey()]))
            #expect(try await gateway.get(Fixtures.active, key: try newToken()).status == 200)
            #expect(server.asked == 2)

            settings.auth.jwt[0].algorithms = [.edDSA]
            server.fail()
            try await gateway.gateway.reload(settings)
            #expect(try await gateway.get(Fixtures.active, key: token).status == 401)
            let other = try issuer.token(.edDSA)
            #expect(try await reply(gateway, other, becomes: 503) != nil)
        }
    }

    @Test func `keeps fetched keys over a reload, and follows new issuers`() async throws {
        let server = try KeyServer(issuer.keySet())
        let other = try TokenIssuer(name: "https://other.test/", tenant: Fixtures.tenantA)
        let others = try KeyServer(other.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 200)
            var settings = gateway.gateway.settings
            for _ in 0..<5 { try await gateway.gateway.reload(settings) }
            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 200)
            #expect(server.asked == 1)

            var entry = settings.auth.jwt[0]
            entry.issuer = other.name
            entry.jwks = others.url
            settings.auth.jwt.append(entry)
            try await gateway.gateway.reload(settings)
            #expect(try await gateway.get(Fixtures.active, key: try other.token()).status == 200)
            settings.auth.jwt.removeFirst()
            try await gateway.gateway.reload(settings)

            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 401)
            #expect(try await gateway.get(Fixtures.active, key: try other.token()).status == 200)
            #expect((server.asked, others.asked) == (1, 1))
        }
    }
}
