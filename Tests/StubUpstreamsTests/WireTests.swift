// How a reply can be framed, paced and ended, seen from a plain socket.

import Foundation
import Testing

@testable import StubUpstreams

struct WireTests {
    private let body = #"{"a":"0123456789"}"#

    @Test func `chunks are right, and the last one is empty`() async throws {
        let received = try await withStub(Rule(.body(body), .chunked(nil))) { try await $0.get(Paths.active) }

        #expect(received.field("Transfer-Encoding") == "chunked")
        #expect(received.bodyText == "12\r\n\(body)\r\n0\r\n\r\n")
    }

    @Test(arguments: [
        (Action.ChunkFault.notHex, "xyz\r\n"), (.negative, "-12\r\n"), (.overflow, "1000000000000000012\r\n"),
        (.tooSmall, "9\r\n"),
    ])
    func `a chunk's size can be wrong`(_ fault: Action.ChunkFault, _ line: String) async throws {
        let received = try await withStub(Rule(.body(body), .chunked(fault))) { try await $0.get(Paths.active) }

        #expect(received.bodyText == "\(line)\(body)\r\n0\r\n\r\n")
    }

    @Test func `chunks can lack an end`() async throws {
        try await withStub(Rule(.body(body), .chunked(.noEnd))) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            let received = try await peer.read()

            #expect(received.bodyText == "12\r\n\(body)\r\n")
            #expect(received.end == .fin)
            #expect(stub.calls.map(\.outcome) == [.cut])
        }
    }

    @Test func `a length can be too large, and then the connection ends`() async throws {
        try await withStub(Rule(.body(body), .contentLength(.more(100)))) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            let received = try await peer.read()

            #expect(received.field("Content-Length") == "118")
            #expect(received.bodyText == body)
            #expect(received.end == .fin)
        }
    }

    @Test func `a length can be too small, and the connection goes on`() async throws {
        try await withStub(Rule(calls: .nth(1), .body(body), .contentLength(.fewer(5)))) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            let first = try await peer.read { $0.suffix(2).elementsEqual("\"}".utf8) }
            try await peer.ask(Paths.active)
            let second = try await peer.readReply()

            #expect(first.field("Content-Length") == "13")
            #expect(first.bodyText == body)
            #expect(second.status == 200)
        }
    }

    @Test func `without a length the body ends with the connection`() async throws {
        try await withStub(Rule(.body(body), .contentLength(.none))) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            let received = try await peer.read()

            #expect(received.field("Content-Length") == nil)
            #expect(received.bodyText == body)
            #expect(received.end == .fin)
            #expect(stub.calls.map(\.outcome) == [.answered])
        }
    }

    @Test func `huge headers come in fields of four kilobytes`() async throws {
        let received = try await withStub(Rule(.hugeHeaders(bytes: 100 * 1024))) { try await $0.get(Paths.active) }

        #expect(received.head.utf8.count > 100 * 1024)
        #expect(received.head.components(separatedBy: "X-Padding-").count == 26)
    }

    @Test func `interim responses come before the reply`() async throws {
        let received = try await withStub(Rule(.informational(3), .body(body))) { try await $0.get(Paths.active) }

        #expect(received.text.components(separatedBy: "HTTP/1.1 103").count == 4)
        #expect(received.text.hasSuffix(body))
    }

    @Test(arguments: Action.Endless.allCases)
    func `what is endless ends when the client leaves`(_ endless: Action.Endless) async throws {
        try await withStub(Rule(.endless(endless))) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            let received = try await peer.read { $0.count > 5000 }
            peer.hangUp()

            #expect(received.end == .open)
            #expect(received.hasHead == (endless != .headers))
            try await stub.waitForCalls(1, ended: .clientClosed)
            try await stub.waitForConnections(0)
        }
    }

    @Test func `a second reply comes with the first one, or later`() async throws {
        try await withStub(
            Rule(calls: .nth(1), .body(body), .secondReply(after: .zero)),
            Rule(.body(body), .secondReply(after: .milliseconds(1)))
        ) { stub in
            let together = try await stub.get(Paths.active)
            let later = try await stub.get(Paths.active)

            #expect(together.text.components(separatedBy: body).count == 3)
            #expect(together.bytes == later.bytes)
        }
    }

    @Test func `a dripping body comes whole`() async throws {
        try await withStub(Rule(.body(body), .drip(bytes: 4, every: .milliseconds(2)))) { stub in
            let received = try await stub.get(Paths.active)

            #expect(received.bodyText == body)
            let call = try #require(stub.calls.first)
            // 18 bytes are five pieces, with four pauses between them.
            #expect(try #require(call.ended) - call.arrived >= .milliseconds(8))
        }
    }

    @Test func `a delay is kept`() async throws {
        try await withStub(Rule(.delay(.fixed(.milliseconds(30))))) { stub in
            _ = try await stub.get(Paths.active)

            let call = try #require(stub.calls.first)
            #expect(try #require(call.ended) - call.arrived >= .milliseconds(30))
        }
    }

    @Test func `raw bytes are all there is`() async throws {
        let bytes = Array("HTTP/1.1 2OO Fine\r\n\u{1}".utf8)
        let received = try await withStub(Rule(.raw(bytes))) { try await $0.get(Paths.active) }

        #expect(received.bytes == bytes)
        #expect(received.end == .fin)
    }

    @Test(
        arguments: [
            (Action.reset(.headers), Peer.End.reset, nil), (.close(.headers), .fin, nil),
            (.reset(.body(5)), .reset, 5), (.close(.body(5)), .fin, 5),
            (.reset(.body(0)), .reset, 0), (.close(.body(0)), .fin, 0),
            (.reset(.reply), .reset, 18), (.close(.reply), .fin, 18),
        ] as [(Action, Peer.End, Int?)])
    func `a reply can be cut`(_ cut: Action, _ end: Peer.End, _ bodyBytes: Int?) async throws {
        try await withStub(Rule(.body(body), cut)) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            let received = try await peer.read()

            #expect(received.end == end)
            #expect(received.hasHead == (bodyBytes != nil))
            #expect(received.body.count == bodyBytes ?? 0)
            let isComplete = bodyBytes == body.utf8.count
            try await stub.waitForCalls(1, ended: isComplete ? .answered : .cut)
        }
    }

    @Test(arguments: [nil, 7] as [Int?])
    func `a hanging reply lasts until the client leaves`(_ bytes: Int?) async throws {
        try await withStub(Rule(.body(body), .hang(after: bytes))) { stub in
            let peer = try await Peer(to: stub.conversationsAddress)
            try await peer.ask(Paths.active)
            if let bytes {
                let received = try await peer.read { Received(bytes: $0, end: .open).body.count >= bytes }
                #expect(received.body.count == bytes)
            }
            try await stub.waitForCalls(1, ended: .pending)
            #expect(stub.inProgress() == 1)

            peer.hangUp()

            try await stub.waitForCalls(1, ended: .clientClosed)
            #expect(stub.inProgress() == 0)
        }
    }

    @Test func `connections can be reset as they are accepted, of one service and the first only`() async throws {
        try await withStub(Rule(service: .crm, calls: .first(1), .resetAtAccept)) { stub in
            let first = try await Peer(to: stub.crmAddress).read()
            let second = try await stub.get(Paths.contact, of: .crm)
            let other = try await stub.get(Paths.active)

            #expect(first.end == .reset)
            #expect(first.bytes.isEmpty)
            #expect(second.status == 200)
            #expect(other.status == 200)
        }
    }
}
