// Asking a running gateway, in one line.

package import Configuration
package import Gateway
package import StubUpstreams

extension RunningGateway {
    /// A request as bytes.
    ///
    /// - Parameter key: what to authenticate with; nil: the tenant's key; empty: nothing.
    package func request(
        _ path: String, method: String = "GET", key: String? = nil, _ fields: [(String, String)] = []
    ) -> String {
        let credential = key ?? self.key
        let all =
            [("Host", "gateway.test")] + (credential.isEmpty ? [] : [("Authorization", "Bearer \(credential)")])
            + fields
        return "\(method) \(path) HTTP/1.1\r\n" + all.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
    }

    /// The answer to one request on a connection of its own.
    package func get(
        _ path: String, method: String = "GET", key: String? = nil, _ fields: [(String, String)] = []
    ) async throws -> HTTPReply {
        let client = try begin(path, method: method, key: key, fields)
        defer { client.close() }
        return try await client.reply(toHead: method == "HEAD")
    }

    /// The answer about a conversation.
    package func get(
        _ conversation: Fixtures.Conversation, method: String = "GET", key: String? = nil,
        _ fields: [(String, String)] = []
    ) async throws -> HTTPReply {
        try await get(Self.path(conversation), method: method, key: key, fields)
    }

    /// Sends a request on a connection of its own; the answer can be read from it.
    package func begin(
        _ path: String, method: String = "GET", key: String? = nil, _ fields: [(String, String)] = []
    ) throws -> Client {
        let client = try Client(port: port)
        try client.send(request(path, method: method, key: key, fields))
        return client
    }

    package func begin(_ conversation: Fixtures.Conversation, _ fields: [(String, String)] = []) throws -> Client {
        try begin(Self.path(conversation), fields)
    }

    /// What a scrape of the operator's side tells.
    package func figures() async throws -> String {
        let client = try Client(port: gateway.adminAddresses[0].port)
        defer { client.close() }
        try client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try await client.reply().text
    }

    package static func path(_ conversation: Fixtures.Conversation) -> String {
        "/api/conversations/\(conversation.id)"
    }

    /// Waits until nothing is under way, and no client is connected; returns what is left when that takes too long.
    package func idle(within limit: Duration = .seconds(10)) async -> Inventory {
        let end = ContinuousClock.now + limit
        while true {
            let inventory = await gateway.inventory
            if inventory.isEmpty && stubs.inProgress() == 0 || ContinuousClock.now > end { return inventory }
            await pause()
        }
    }
}

extension Inventory {
    package var isEmpty: Bool { requests == 0 && clients == 0 && calls == 0 && transfers == 0 && waiting == 0 }
}

extension Settings {
    /// Changes one upstream.
    package mutating func change(_ upstream: String, _ body: (inout UpstreamSettings) -> Void) {
        for index in upstreams.indices where upstreams[index].name == upstream { body(&upstreams[index]) }
    }

    /// Changes one part of the first route.
    package mutating func change(part: String, _ body: (inout PartSettings) -> Void) {
        for index in routes[0].parts.indices where routes[0].parts[index].name == part { body(&routes[0].parts[index]) }
    }

    /// Each call is tried once, by itself, and nothing remembers that others failed: what a test makes go wrong is what
    /// it sees. There is so much time that a busy machine is no failure, unless a test is about time.
    package mutating func tryOnce(attempt: Duration = .seconds(20), maxBody: Int? = nil) {
        for index in upstreams.indices {
            upstreams[index].retries.attempts = 0
            upstreams[index].circuit.calls = 100_000
            upstreams[index].coalesce = false
            upstreams[index].timeouts.connect = .seconds(20)
            upstreams[index].timeouts.attempt = attempt
            if let maxBody { upstreams[index].maxBody = maxBody }
        }
        for index in routes.indices { routes[index].deadline = .seconds(20) }
        rateLimit.requestsPerSecond = 100_000
        rateLimit.burst = 100_000
    }
}
