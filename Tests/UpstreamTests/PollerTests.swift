// epoll and the table of sockets over it, on socket pairs.

import CCurl
import Glibc
import Testing

@testable import Upstream

/// Two connected sockets: one is watched, the other is its peer.
private final class Pair {
    let watched: Int32
    private var peer: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        (watched, peer) = (ends[0], ends[1])
    }

    deinit {
        close(watched)
        hangUp()
    }

    func send(_ text: String) { write(peer, text, text.utf8.count) }

    func drain() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while read(watched, &bytes, bytes.count) > 0 {}
    }

    func hangUp() {
        if peer >= 0 { close(peer) }
        peer = -1
    }
}

struct PollerTests {
    @Test func `tells of an edge once, and again when it is asked for`() throws {
        let pair = try Pair()
        let poller = Poller()
        let token = Poller.Token(descriptor: pair.watched, generation: 7)

        poller.add(token)
        pair.send("x")
        let first = poller.wait(milliseconds: 1000)
        let (found, events) = poller.event(0)
        let second = poller.wait(milliseconds: 0)
        poller.rearm(token)
        let third = poller.wait(milliseconds: 0)

        #expect(first == 1)
        #expect(found == token)
        #expect(events.contains([.readable, .writable]))
        #expect(second == 0)
        #expect(third == 1)
    }

    @Test func `tells of a level until it is gone`() throws {
        let pair = try Pair()
        let poller = Poller()

        poller.addLevel(Poller.Token(descriptor: pair.watched, generation: .max))
        pair.send("x")
        let counts = (0..<3).map { _ in poller.wait(milliseconds: 0) }
        let generation = poller.event(0).0.generation
        pair.drain()
        let after = poller.wait(milliseconds: 0)

        #expect(counts == [1, 1, 1])
        #expect(generation == .max)
        #expect(after == 0)
    }

    @Test func `tells of a peer that hung up`() throws {
        let pair = try Pair()
        let poller = Poller()
        poller.add(Poller.Token(descriptor: pair.watched, generation: 0))
        _ = poller.wait(milliseconds: 0)

        pair.hangUp()
        let count = poller.wait(milliseconds: 1000)
        let events = poller.event(0).1

        #expect(count == 1)
        #expect(!events.isDisjoint(with: .broken))
    }

    @Test func `is silent about what was removed or closed, and survives a change to it`() throws {
        let poller = Poller()
        let pair = try Pair()
        let token = Poller.Token(descriptor: pair.watched, generation: 0)
        poller.add(token)
        pair.send("x")

        poller.remove(token)
        // libcurl's resolver closes its sockets unseen.
        poller.rearm(token)
        poller.remove(token)
        let count = poller.wait(milliseconds: 0)

        #expect(count == 0)
    }
}

struct SocketsTests {
    /// What libcurl is told of the events that are there now.
    private func actions(_ sockets: borrowing Sockets, _ poller: borrowing Poller) -> [Int32] {
        var actions: [Int32] = []
        for index in 0..<poller.wait(milliseconds: 0) {
            let (token, events) = poller.event(index)
            if let action = sockets.action(on: token, events) { actions.append(action) }
        }
        return actions
    }

    @Test func `pass on what libcurl waits for, and nothing else`() throws {
        let poller = Poller()
        let pair = try Pair()
        var sockets = Sockets()
        sockets.opened(pair.watched, isQuietWhenIdle: true)

        sockets.wants(Int32(CURL_POLL_OUT), of: pair.watched, in: poller)
        let writable = actions(sockets, poller)
        sockets.wants(Int32(CURL_POLL_IN), of: pair.watched, in: poller)
        let nothing = actions(sockets, poller)
        pair.send("x")
        let readable = actions(sockets, poller)

        #expect(writable == [CURL_CSELECT_OUT])
        #expect(nothing == [])
        #expect(readable == [CURL_CSELECT_IN])
        #expect(sockets.connections == 1)
    }

    @Test func `keep quiet about an idle connection, and use it again without another edge`() throws {
        let poller = Poller()
        let pair = try Pair()
        var sockets = Sockets()
        sockets.opened(pair.watched, isQuietWhenIdle: true)
        sockets.wants(Int32(CURL_POLL_OUT), of: pair.watched, in: poller)
        _ = actions(sockets, poller)
        sockets.wants(Int32(CURL_POLL_IN), of: pair.watched, in: poller)

        sockets.wants(Int32(CURL_POLL_REMOVE), of: pair.watched, in: poller)
        pair.send("unasked for")
        let idle = actions(sockets, poller)
        // Writable all the time: the edge is long gone, and must be made again.
        sockets.wants(Int32(CURL_POLL_OUT), of: pair.watched, in: poller)
        let again = actions(sockets, poller)

        #expect(idle == [])
        #expect(again == [CURL_CSELECT_OUT])
        #expect(sockets.connections == 1)
    }

    @Test func `take an event of a closed socket for nobody's, also when its number is in use again`() throws {
        let poller = Poller()
        let pair = try Pair()
        var sockets = Sockets()
        sockets.opened(pair.watched, isQuietWhenIdle: true)
        sockets.wants(Int32(CURL_POLL_IN), of: pair.watched, in: poller)
        pair.send("x")
        let count = poller.wait(milliseconds: 0)
        let (stale, events) = poller.event(0)

        sockets.closes(pair.watched)
        // As the kernel does when the last descriptor of a socket is closed.
        poller.remove(stale)
        let closed = sockets.action(on: stale, events)
        sockets.opened(pair.watched, isQuietWhenIdle: true)
        sockets.wants(Int32(CURL_POLL_IN), of: pair.watched, in: poller)
        let reused = sockets.action(on: stale, events)
        let isWanted = sockets.isWanted(stale)

        #expect(count == 1)
        #expect(closed == nil)
        #expect(reused == nil)
        #expect(!isWanted)
    }

    @Test func `forget what was no connection as soon as libcurl wants nothing of it`() throws {
        let poller = Poller()
        let pair = try Pair()
        var sockets = Sockets()

        sockets.wants(Int32(CURL_POLL_IN), of: pair.watched, in: poller)
        sockets.wants(Int32(CURL_POLL_REMOVE), of: pair.watched, in: poller)
        pair.send("x")
        let events = poller.wait(milliseconds: 0)

        #expect(events == 0)
        #expect(sockets.connections == 0)
    }

    @Test func `forget a connection that never stood as soon as libcurl wants nothing of it`() throws {
        let poller = Poller()
        let pair = try Pair()
        var sockets = Sockets()
        sockets.opened(pair.watched, isQuietWhenIdle: true)

        sockets.wants(Int32(CURL_POLL_OUT), of: pair.watched, in: poller)
        sockets.wants(Int32(CURL_POLL_REMOVE), of: pair.watched, in: poller)
        let connections = sockets.connections
        sockets.opened(pair.watched, isQuietWhenIdle: true)
        sockets.wants(Int32(CURL_POLL_OUT), of: pair.watched, in: poller)
        let next = actions(sockets, poller)

        #expect(connections == 0)
        #expect(next == [CURL_CSELECT_OUT])
    }

    @Test func `watch a new connection whose number's last one went without a word`() throws {
        let poller = Poller()
        let pair = try Pair()
        var sockets = Sockets()
        sockets.opened(pair.watched, isQuietWhenIdle: true)
        sockets.wants(Int32(CURL_POLL_IN | CURL_POLL_OUT), of: pair.watched, in: poller)
        _ = poller.wait(milliseconds: 0)
        let stale = poller.event(0).0

        // As the kernel does when the last descriptor of a socket is closed.
        poller.remove(stale)
        sockets.opened(pair.watched, isQuietWhenIdle: true)
        sockets.wants(Int32(CURL_POLL_IN), of: pair.watched, in: poller)
        pair.send("x")
        let next = actions(sockets, poller)

        #expect(next == [CURL_CSELECT_IN])
        #expect(sockets.connections == 1)
    }

    @Test func `tell libcurl of a broken connection whatever it waits for`() throws {
        let poller = Poller()
        let pair = try Pair()
        var sockets = Sockets()
        sockets.opened(pair.watched, isQuietWhenIdle: true)
        sockets.wants(Int32(CURL_POLL_IN), of: pair.watched, in: poller)
        _ = actions(sockets, poller)

        pair.hangUp()
        let broken = actions(sockets, poller)

        #expect(broken == [CURL_CSELECT_IN | CURL_CSELECT_ERR])
    }

    @Test func `count connections until they are closed`() {
        var sockets = Sockets()

        for descriptor in Int32(10)..<20 { sockets.opened(descriptor, isQuietWhenIdle: true) }
        let open = sockets.connections
        for descriptor in Int32(10)..<15 { sockets.closes(descriptor) }

        #expect(open == 10)
        #expect(sockets.connections == 5)
    }
}
