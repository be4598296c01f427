// A reply must never be taken for the answer to another call: a connection on which anything was odd is not used again.

import StubUpstreams
import Support
import Testing

@Suite struct ConnectionReuseTests {
    @Test func `uses a connection again after a right reply`() async throws {
        try await withGateway { gateway in
            _ = try await gateway.get(Fixtures.consumer)
            _ = try await gateway.get(Fixtures.consumer)

            let calls = gateway.stubs.calls(to: "/contacts/{id}")
            #expect(calls.map(\.ordinal) == [1, 2])
        }
    }

    @Test(
        arguments: [
            [.secondReply(after: .zero)], [.oversized(bytes: 4000), .contentLength(.fewer(10))], [.hang(after: 10)],
            [.chunked(.notHex)], [.informational(11)], [.hugeHeaders(bytes: 70_000)], [.close(.reply)],
        ] as [[Action]])
    func `does not use a connection again that was not left clean`(_ actions: [Action]) async throws {
        let attempt = actions == [.hang(after: 10)] ? Duration.seconds(1) : .seconds(20)
        try await withGateway(settings: { $0.tryOnce(attempt: attempt, maxBody: 16_384) }) { gateway in
            let right = try await gateway.get(Fixtures.consumer)
            gateway.stubs.replace(script: .parts(["contact": actions]))
            _ = try await gateway.get(Fixtures.consumer)
            gateway.stubs.replace(script: Script())
            let next = try await gateway.get(Fixtures.consumer)

            #expect(next.text == right.text)
            let connections = gateway.stubs.calls(to: "/contacts/{id}").suffix(2).map(\.connection)
            #expect(connections[0] != connections[1])
        }
    }

    @Test func `does not take what came unasked for the next call's reply`() async throws {
        try await withGateway { gateway in
            let expected = try await gateway.get(Fixtures.oddContact)
            let connections = gateway.stubs.openConnections(of: .crm)
            // The reply about one conversation's contact comes again while the connection lies idle.
            gateway.stubs.replace(script: .parts(["contact": [.secondReply(after: .milliseconds(20))]]))
            _ = try await gateway.get(Fixtures.consumer)
            gateway.stubs.replace(script: Script())
            // It is there, or the gateway has seen it already and let go of the connection.
            let port = gateway.stubs.crmAddress.port
            #expect(
                await eventually {
                    unreadBytes(from: port) > 0 || gateway.stubs.openConnections(of: .crm) < connections
                })

            let reply = try await gateway.get(Fixtures.oddContact)

            #expect(reply.text == expected.text)
        }
    }
}
