// Calls over the wire that go well: what is sent, what comes back, and over which connections.

import CCurl
import Configuration
import Foundation
import Glibc
import Pipeline
import StubUpstreams
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct UpstreamClientTests {
    @Test func `brings a reply, whole and as it was sent`() async throws {
        let (status, body) = try await withUpstreams { upstreams in
            let reply = try await upstreams.client().answer(upstreams.call())
            return (reply.status, UpstreamTests.text(of: reply))
        }

        #expect(status == 200)
        #expect(body.hasPrefix("{") && body.hasSuffix("}"))
        #expect(body.contains(Fixtures.active.id))
    }

    @Test func `takes a 404 for an answer`() async throws {
        let status = try await withUpstreams { upstreams in
            try await upstreams.client().answer(upstreams.call("/conversations/\(Fixtures.unknown)")).status
        }

        #expect(status == 404)
    }

    @Test func `asks what the contract's section 6 says, and nothing else`() async throws {
        let (call, before) = try await withUpstreams { upstreams in
            let client = upstreams.client {
                $0.headers = [.init(name: "X-Service-Token", value: "s3cret"), .init(name: "X-Other", value: "")]
            }
            _ = try await client.answer(upstreams.call(within: .seconds(9), tracestate: "vendor=1"))
            return (try #require(upstreams.stubs.calls.first), Duration.seconds(9))
        }
        var names = call.headers.map { $0.name.lowercased() }.sorted()
        let deadline = try #require(call.value("X-Request-Deadline-Ms").flatMap { Int64($0) })
        let parent = try #require(call.value("traceparent"))

        #expect(call.method == "GET")
        #expect(call.target == Upstreams.conversation)
        #expect(call.value("Accept") == "application/json")
        #expect(call.value("User-Agent") == "conversation-gateway/test")
        #expect(call.value("X-Tenant-Id") == Fixtures.tenantA)
        #expect(call.value("X-Request-Id") == "request-1")
        #expect(call.value("X-Service-Token") == "s3cret")
        #expect(call.value("X-Gateway-Hop") == "HTTP/1.1")
        #expect(call.value("tracestate") == "vendor=1")
        #expect(parent.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") && parent.hasSuffix("-01"))
        #expect(!parent.contains("b7ad6b7169203331"))
        #expect((1...before.milliseconds).contains(deadline))
        names.removeAll { $0 == "x-other" }
        #expect(
            names == [
                "accept", "host", "traceparent", "tracestate", "user-agent", "x-gateway-hop", "x-request-deadline-ms",
                "x-request-id", "x-service-token", "x-tenant-id",
            ])
    }

    @Test func `each attempt is a span of its own`() async throws {
        let parents = try await withUpstreams { upstreams in
            let client = upstreams.client()
            for _ in 0..<3 { _ = try await client.answer(upstreams.call()) }
            return upstreams.stubs.calls.compactMap { $0.value("traceparent") }
        }

        #expect(Set(parents).count == 3)
    }

    @Test func `uses a connection again`() async throws {
        let calls = try await withUpstreams { upstreams in
            let client = upstreams.client()
            for _ in 0..<5 { _ = try await client.answer(upstreams.call()) }
            #expect(upstreams.loop.inventory.connections == 1)
            return upstreams.stubs.calls
        }

        #expect(Set(calls.map(\.connection)).count == 1)
        #expect(calls.map(\.ordinal) == [1, 2, 3, 4, 5])
    }

    @Test func `does not mix the replies of many calls at once`() async throws {
        try await withUpstreams { upstreams in
            let client = upstreams.client()
            let ids = Fixtures.all.filter { $0.tenant == Fixtures.tenantA }.map(\.id)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for round in 0..<20 {
                    for id in ids {
                        group.addTask {
                            let path = "/conversations/\(id)" + (round.isMultiple(of: 2) ? "" : "/messages")
                            let reply = try await client.answer(upstreams.call(path))
                            #expect(text(of: reply).contains(id))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: [
        [Action.oversized(bytes: 5_000_000)], [.oversized(bytes: 5_000_000), .chunked(nil)],
        [.oversized(bytes: 5_000_000), .contentLength(.none)],
    ])
    func `a large body arrives whole, however it is framed`(actions: [Action]) async throws {
        var rule = Rule()
        rule.actions = actions
        let count = try await withUpstreams(rule) { upstreams in
            let client = upstreams.client { $0.maxBody = 6_000_000 }
            return try await client.answer(upstreams.call()).body.count
        }

        #expect(count == 5_000_000)
    }

    @Test func `several large bodies at once arrive whole`() async throws {
        let counts = try await withUpstreams(Rule(.oversized(bytes: 2_000_000), .chunked(nil))) { upstreams in
            let client = upstreams.client()
            return try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await client.answer(upstreams.call()).body.count } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }

        #expect(counts == Array(repeating: 2_000_000, count: 8))
    }

    @Test func `a body that comes in drops arrives whole`() async throws {
        let count = try await withUpstreams(Rule(.drip(bytes: 100, every: .milliseconds(1)))) { upstreams in
            try await upstreams.client().answer(upstreams.call()).body.count
        }

        #expect(count > 100)
    }

    @Test func `takes some interim replies before the reply`() async throws {
        let status = try await withUpstreams(Rule(.informational(5))) { upstreams in
            try await upstreams.client().answer(upstreams.call()).status
        }

        #expect(status == 200)
    }

    @Test(arguments: [Action.close(.reply), .reset(.reply)])
    func `a pooled connection that was closed while it was idle is no failure`(ending: Action) async throws {
        let calls = try await withUpstreams(Rule(calls: .first(1), ending)) { upstreams in
            let client = upstreams.client()
            _ = try await client.answer(upstreams.call())
            try await upstreams.stubs.waitForConnections(0)
            _ = try await client.answer(upstreams.call())
            return upstreams.stubs.calls
        }

        #expect(calls.count == 2)
        #expect(Set(calls.map(\.connection)).count == 2)
    }

    @Test(arguments: [(true, Attempt.Verdict.untold), (false, .failed)])
    func `a kept connection that turns out to be dead says nothing of its endpoint, a new one does`(
        isKept: Bool, verdict: Attempt.Verdict
    ) async throws {
        let verdicts = try await withUpstreams(Rule(reused: isKept, .close(.headers))) { upstreams in
            let told = Confined(Noted<Attempt.Verdict>())
            let client = upstreams.client(telling: { told.value.note($0.verdict) })
            if isKept { _ = try await client.answer(upstreams.call()) }
            let failure = await failure { _ = try await client.answer(upstreams.call()) }
            #expect(failure?.kind == .connectionTerminated)
            return told.value.all
        }

        #expect(verdicts == (isKept ? [.succeeded, verdict] : [verdict]))
    }

    @Test(arguments: [nil, 5])
    func `sends its calls to all endpoints, the less busy one first`(most: Int?) async throws {
        let gate = Gate()
        let other = try await StubUpstreams.start(script: Script(rules: [Rule(.hold(gate))]))
        let (here, there) = try await withUpstreams(Rule(.hold(gate))) { upstreams in
            let calls = upstreams.balanced(
                [.url(upstreams.stubs.conversationsURL), .url(other.conversationsURL)], calls: most)
            let tasks = (0..<10).map { _ in
                task(on: upstreams.loop) { _ = try await calls.answer(upstreams.call()) }
            }
            try await gate.waitUntil(arrived: 10)
            await gate.open()
            for task in tasks { try await task.value }
            return (upstreams.stubs.calls.count, other.calls.count)
        }
        try await other.stop()

        #expect(here == 5)
        #expect(there == 5)
    }

    @Test func `calls over a unix socket`() async throws {
        let server = try UnixServer(reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        async let request = server.answerOnce()
        let body = try await withUpstreams { upstreams in
            let reply = try await upstreams.client(to: [.unix(server.path)]).answer(upstreams.call())
            return text(of: reply)
        }

        #expect(body == "{}")
        #expect(await request.hasPrefix("GET \(Upstreams.conversation) HTTP/1.1\r\n"))
    }

    @Test func `ends only when its transfers have ended`() async throws {
        let gate = Gate()
        let stubs = try await StubUpstreams.start(script: Script(rules: [Rule(.hold(gate))]))
        let loop = FanOutLoop(name: "test", connections: 1)
        let upstreams = Upstreams(loop: loop, stubs: stubs)
        let call = task(on: loop) { try await upstreams.client().answer(upstreams.call()).status }
        try await gate.waitUntil(arrived: 1)

        async let stopped: Void = onThread { loop.stop() }
        await gate.open()
        let status = try await call.value
        await stopped
        try await stubs.stop()

        #expect(status == 200)
    }
}

/// Answers one request on a unix socket.
private final class UnixServer: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/gw-\(UUID().uuidString).sock"
    private let descriptor: Int32
    private let reply: String

    init(reply: String) throws {
        self.reply = reply
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        try #require(listen(descriptor, 4) == 0)
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// Returns what was asked.
    func answerOnce() async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                let connection = accept(descriptor, nil, nil)
                var bytes = [UInt8](repeating: 0, count: 8192)
                let count = max(0, read(connection, &bytes, bytes.count))
                write(connection, reply, reply.utf8.count)
                close(connection)
                continuation.resume(returning: String(decoding: bytes.prefix(count), as: UTF8.self))
            }
        }
    }
}
