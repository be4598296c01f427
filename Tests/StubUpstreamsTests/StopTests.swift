// Starting and stopping: nothing may be left behind, whatever was under way.

import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import StubUpstreams

struct StopTests {
    /// In a process of its own, because descriptors of tests that run beside this one would be counted too.
    @Test func `stopping leaves no descriptor, whatever was under way`() async {
        await #expect(processExitsWith: .success) {
            try await Self.useStub()
            let before = try Self.descriptors()

            for _ in 0..<5 { try await Self.useStub() }

            let after = try Self.descriptors()
            #expect(after == before)
        }
    }

    private static func useStub() async throws {
        let gate = Gate()
        let stub = try await StubUpstreams.start(
            script: Script(rules: [
                Rule(path: "/contacts/{id}", .hang(after: nil)), Rule(path: "/accounts/{id}", .hold(gate)),
                Rule(path: "/conversations/{id}", .endless(.body)),
            ]))
        let idle = try await Peer(to: stub.conversationsAddress)
        let peers = [try await Peer(to: stub.crmAddress), try await Peer(to: stub.crmAddress)]
        let endless = try await Peer(to: stub.conversationsAddress)
        try await peers[0].ask(Paths.contact)
        try await peers[1].ask(Paths.account)
        try await endless.ask(Paths.active)
        try await stub.waitForCalls(3)
        try await stub.waitForConnections(4)
        try await stub.stop()
        withExtendedLifetime((idle, peers, endless)) {}
        #expect(stub.openConnections() == 0)
        #expect(stub.inProgress() == 0)
    }

    private static func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test func `a stopped stub refuses, and can be stopped again`() async throws {
        let stub = try await StubUpstreams.start()
        try await stub.stop()
        try await stub.stop()

        await #expect(throws: Peer.Failed.self) { try await Peer(to: stub.crmAddress) }
    }

    @Test func `a call that the stop ends is cut`() async throws {
        let stub = try await StubUpstreams.start(script: Script(rules: [Rule(.hang(after: nil))]))
        let peer = try await Peer(to: stub.crmAddress)
        try await peer.ask(Paths.contact)
        try await stub.waitForCalls(1)

        try await stub.stop()

        #expect(stub.calls.map(\.outcome) == [.cut])
        #expect(try await peer.read().end == .fin)
    }

    @Test func `a stub can come back on its port`() async throws {
        let first = try await StubUpstreams.start()
        let address = first.crmAddress
        let peer = try await Peer(to: address)
        try await peer.ask(Paths.contact)
        _ = try await peer.readReply()
        try await first.stop()

        let second = try await StubUpstreams.start(crm: address)

        #expect(try await second.get(Paths.contact, of: .crm).status == 200)
        try await second.stop()
    }

    @Test func `an address in use is told`() async throws {
        try await withStub { stub in
            let error = await #expect(throws: StubUpstreams.CannotListen.self) {
                try await StubUpstreams.start(crm: stub.crmAddress)
            }
            #expect(error?.address == stub.crmAddress)
        }
    }

    @Test func `a loop of somebody else's is used and left running`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let stub = try await StubUpstreams.start(on: group)
        let status = try await stub.get(Paths.active).status
        try await stub.stop()

        let answer = try await group.next().submit { 42 }.get()

        #expect(status == 200)
        #expect(answer == 42)
        try await group.shutdownGracefully()
    }
}
