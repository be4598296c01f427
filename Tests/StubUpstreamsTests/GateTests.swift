// Gates: tests decide when a reply comes.

import Testing

@testable import StubUpstreams

struct GateTests {
    @Test func `a reply is held until the gate is opened, and later ones pass`() async throws {
        let gate = Gate()
        try await withStub(Rule(service: .crm, .hold(gate))) { stub in
            async let held = stub.get(Paths.contact, of: .crm)
            try await gate.waitUntil(arrived: 1)
            #expect(stub.calls.map(\.outcome) == [.pending])

            await gate.open()

            #expect(try await held.status == 200)
            #expect(try await stub.get(Paths.account, of: .crm).status == 200)
            #expect(gate.arrived == 2)
        }
    }

    @Test func `a pass lets one through, in order`() async throws {
        let gate = Gate()
        try await withStub(Rule(.hold(gate))) { stub in
            async let first = stub.get(Paths.active)
            try await gate.waitUntil(arrived: 1)
            async let second = stub.get(Paths.messages)
            try await gate.waitUntil(arrived: 2)

            await gate.pass()
            #expect(try await first.status == 200)
            #expect(stub.calls(to: Paths.messages).map(\.outcome) == [.pending])

            await gate.pass(2)
            #expect(try await second.status == 200)
            #expect(try await stub.get(Paths.items).status == 200)
        }
    }

    @Test func `what is held too long is an error that says so`() async throws {
        try await withStub(Rule(.hold(Gate(limit: .milliseconds(20))))) { stub in
            let received = try await stub.get(Paths.active)

            #expect(received.status == 500)
            #expect(received.bodyText.contains("gate"))
        }
    }

    @Test func `a client that leaves while it is held is no trouble`() async throws {
        let gate = Gate()
        try await withStub(Rule(calls: .first(1), .hold(gate))) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            try await gate.waitUntil(arrived: 1)
            peer.hangUp()
            try await stub.waitForCalls(1, ended: .clientClosed)

            await gate.open()

            #expect(try await stub.get(Paths.active).status == 200)
        }
    }

    @Test func `waiting for an arrival that does not come ends at its limit`() async {
        await #expect(throws: WaitedTooLong.self) {
            try await Gate().waitUntil(arrived: 1, within: .milliseconds(20))
        }
    }
}
