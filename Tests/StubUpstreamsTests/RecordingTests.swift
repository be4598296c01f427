// What a stub remembers of the calls it received, in-process and over HTTP.

import Foundation
import NIOHTTP1
import Testing

@testable import StubUpstreams

struct RecordingTests {
    @Test func `a call is remembered with all that it said`() async throws {
        try await withStub { stub in
            let peer = try await Peer(to: stub.crmAddress)
            try await peer.ask(Paths.contact + "?a=1", fields: "X-Twice: 1\r\nx-twice: 2\r\nConnection: close\r\n")
            _ = try await peer.read()

            let call = try #require(stub.calls.first)
            #expect(call.number == 1)
            #expect(call.service == .crm)
            #expect(call.method == "GET")
            #expect(call.target == Paths.contact + "?a=1")
            #expect(call.path == Paths.contact)
            #expect(call.value("x-tenant-id") == Fixtures.tenantA)
            #expect(call.values("X-TWICE") == ["1", "2"])
            #expect(call.value("x-twice") == nil)
            #expect(call.headers.map(\.name) == ["Host", "X-Tenant-Id", "X-Twice", "x-twice", "Connection"])
            #expect(call.outcome == .answered)
            #expect(try #require(call.ended) >= call.arrived)
        }
    }

    @Test func `who has a reply finds its call answered`() async throws {
        try await withStub { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            for count in 1...200 {
                try await peer.ask(Paths.active)
                _ = try await peer.readReply()

                #expect(stub.calls.last?.outcome == .answered)
                #expect(stub.calls.count == count)
            }
        }
    }

    @Test func `calls are found by path and service, and forgotten when told`() async throws {
        try await withStub { stub in
            _ = try await stub.get(Paths.active)
            _ = try await stub.get(Paths.messages)
            _ = try await stub.get(Paths.contact, of: .crm)

            #expect(stub.calls(to: "/conversations/*").map(\.number) == [1, 2])
            #expect(stub.calls(to: "/contacts/{id}").map(\.number) == [3])
            #expect(stub.calls(to: "*", of: .crm).map(\.number) == [3])
            #expect(stub.calls(to: Paths.messages).map(\.number) == [2])

            stub.forgetCalls()
            _ = try await stub.get(Paths.items)

            #expect(stub.calls.map(\.number) == [4])
        }
    }

    @Test func `calls held at once overlap, calls after each other do not`() async throws {
        let gate = Gate()
        try await withStub(Rule(path: "/conversations/*", .hold(gate))) { stub in
            async let conversation = stub.get(Paths.active)
            async let messages = stub.get(Paths.messages)
            try await gate.waitUntil(arrived: 2)
            await gate.open()
            _ = try await (conversation, messages)
            _ = try await stub.get(Paths.items)

            #expect(stub.overlapped(Paths.active, Paths.messages))
            #expect(!stub.overlapped(Paths.active, Paths.items))
            #expect(!stub.overlapped(Paths.active, Paths.active))
            #expect(stub.maxInProgress() == 2)
            #expect(stub.maxInProgress(of: .crm) == 0)
        }
    }

    @Test func `waiting for what does not come ends at its limit`() async throws {
        try await withStub { stub in
            await #expect(throws: WaitedTooLong.self) {
                try await stub.waitForCalls(1, within: .milliseconds(20))
            }
            await #expect(throws: WaitedTooLong.self) {
                try await stub.waitForConnections(1, within: .milliseconds(20))
            }
        }
    }

    @Test func `connections are counted while they are open`() async throws {
        try await withStub { stub in
            let one = try await Peer(to: stub.crmAddress)
            let other = try await Peer(to: stub.crmAddress)
            try await stub.waitForConnections(2, of: .crm)
            #expect(stub.openConnections(of: .conversations) == 0)

            one.hangUp()

            try await stub.waitForConnections(1)
            other.hangUp()
            try await stub.waitForConnections(0)
        }
    }

    @Test func `the record is told over HTTP, and forgotten over HTTP`() async throws {
        try await withStub(Rule(path: "/contacts/{id}", name: "broken", .status(500))) { stub in
            _ = try await stub.get(Paths.active)
            _ = try await stub.get(Paths.contact, of: .crm)

            let told = try await stub.get("/_stub/calls", of: .crm, tenant: nil)
            let document = try JSONSerialization.jsonObject(with: Data(told.body)) as? [String: Any]
            let calls = try #require(document?["calls"] as? [[String: Any]])
            #expect(calls.count == 1)
            #expect(calls.first?["target"] as? String == Paths.contact)
            #expect(calls.first?["outcome"] as? String == "answered")
            #expect(calls.first?["rule"] as? String == "broken")
            #expect((calls.first?["headers"] as? [[String]])?.contains(["X-Tenant-Id", Fixtures.tenantA]) == true)
            #expect(document?["maxInProgress"] as? Int == 1)

            let peer = try await Peer(to: stub.crmAddress)
            try await peer.send("DELETE /_stub/calls HTTP/1.1\r\nConnection: close\r\n\r\n")
            let deleted = try await peer.read()

            #expect(deleted.status == 204)
            #expect(stub.calls.map(\.service) == [.conversations])
        }
    }

    @Test func `the last ten thousand calls are kept`() {
        let recorder = Recorder()
        for _ in 0..<(Recorder.capacity + 5) {
            recorder.state.change { state in
                let number = state.add(.crm) { number in
                    RecordedCall(
                        number: number, service: .crm, method: "GET", target: "/", connection: 1, ordinal: number,
                        rule: nil, arrived: .now, fields: [:])
                }
                state.end(number, .crm, .answered)
            }
        }

        let numbers = recorder.state.read { $0.calls().map(\.number) }

        #expect(numbers == Array(6...(Recorder.capacity + 5)))
        #expect(recorder.state.read { $0.inProgress(nil) } == 0)
    }
}
