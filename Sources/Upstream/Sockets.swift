// Which descriptors libcurl uses, and what it wants of each.
//
// A connection's socket enters epoll once, edge-triggered, and leaves it by being closed; what libcurl wants of it is
// kept here. An edge tells of a change only, and libcurl does not always read until there is nothing left: after each
// event that leaves it wanting more, the socket's readiness is asked for again (see `Poller.rearm`). A reply that comes
// in one piece needs no such call.

internal import CCurl

/// The sockets of one multi handle.
struct Sockets: ~Copyable {
    private struct Socket {
        var generation: UInt32 = 0
        var wanted: Int32 = 0
        var isRegistered = false
        /// Closed through our callback, so that we know when its number is free again. libcurl's resolver has sockets
        /// of its own that it closes unseen.
        var isConnection = false
        /// Where it is counted: retained from opening to forgetting, and no work for each event.
        var counted: Unmanaged<EndpointConnections>?
        /// libcurl waited for something to read on it. One that only ever waited to be writable was still connecting, and
        /// libcurl closes such a socket unseen.
        var hasStood = false
        /// Nothing may come on it between two transfers.
        var isQuietWhenIdle = false
        /// Its readiness was asked for again during this transfer: what is left behind then makes no edge of its own.
        var wasRearmed = false
    }

    private var sockets: [Socket] = []

    deinit {
        for socket in sockets { socket.counted?.release() }
    }

    /// A connection was opened on this descriptor.
    /// - Parameters:
    ///   - isQuietWhenIdle: whether its protocol lets the peer say nothing unless it was asked.
    ///   - count: of its endpoint's connections.
    mutating func opened(_ descriptor: Int32, isQuietWhenIdle: Bool, in count: EndpointConnections? = nil) {
        makeRoom(for: descriptor)
        // Whatever had this number before is gone, whether or not libcurl told so.
        forget(descriptor)
        sockets[Int(descriptor)].isConnection = true
        sockets[Int(descriptor)].isQuietWhenIdle = isQuietWhenIdle
        sockets[Int(descriptor)].counted = count.map(Unmanaged.passRetained)
        count?.opened()
    }

    /// libcurl says what it wants of a descriptor from now on.
    mutating func wants(_ what: Int32, of descriptor: Int32, in poller: borrowing Poller) {
        makeRoom(for: descriptor)
        let place = Int(descriptor)
        let wanted = what == CURL_POLL_REMOVE ? 0 : what
        if let counted = sockets[place].counted, (wanted == 0) != (sockets[place].wanted == 0) {
            counted._withUnsafeGuaranteedRef { $0.turned(isBusy: wanted != 0) }
        }
        sockets[place].wanted = wanted
        if wanted & CURL_POLL_IN != 0 { sockets[place].hasStood = true }
        if wanted == 0, !sockets[place].isConnection || !sockets[place].hasStood {
            if sockets[place].isRegistered { poller.remove(token(descriptor)) }
            forget(descriptor)
        } else if !sockets[place].isRegistered {
            sockets[place].isRegistered = true
            poller.add(token(descriptor))
        } else if wanted & CURL_POLL_OUT != 0 {
            // It may have been writable all the time, and that edge is long gone.
            poller.rearm(token(descriptor))
        }
    }

    /// The connection's descriptor is about to be closed: its number may mean something else at once.
    mutating func closes(_ descriptor: Int32) {
        makeRoom(for: descriptor)
        forget(descriptor)
    }

    /// What to tell libcurl about an event. Nil: nothing, since nobody waits for it.
    func action(on token: Poller.Token, _ events: Poller.Events) -> Int32? {
        guard let socket = current(token), socket.wanted != 0 else { return nil }
        var flags: Int32 = 0
        if events.contains(.readable), socket.wanted & CURL_POLL_IN != 0 { flags |= CURL_CSELECT_IN }
        if events.contains(.writable), socket.wanted & CURL_POLL_OUT != 0 { flags |= CURL_CSELECT_OUT }
        if !events.isDisjoint(with: .broken) { flags |= CURL_CSELECT_ERR }
        return flags == 0 ? nil : flags
    }

    /// Whether an event says that something came on a connection that nobody uses, and on which nothing may come.
    func isUnasked(_ token: Poller.Token, _ events: Poller.Events) -> Bool {
        guard let socket = current(token) else { return false }
        return socket.isQuietWhenIdle && socket.wanted == 0 && events.contains(.readable)
    }

    /// The socket's readiness was asked for again.
    mutating func rearmed(_ token: Poller.Token) {
        sockets[Int(token.descriptor)].wasRearmed = true
    }

    /// Whether a transfer that just ended read in several pieces: the last one was asked for to the byte, so that what came
    /// with it unasked is still there, and its edge is spent.
    mutating func mayHaveLeftovers(_ token: Poller.Token) -> Bool {
        guard let socket = current(token), socket.isQuietWhenIdle, socket.wasRearmed else { return false }
        sockets[Int(token.descriptor)].wasRearmed = false
        return true
    }

    /// Whether libcurl still waits for something after it dealt with an event.
    func isWanted(_ token: Poller.Token) -> Bool {
        current(token).map { $0.wanted != 0 } ?? false
    }

    /// How many connections are open.
    var connections: Int { sockets.count { $0.isConnection } }

    private func current(_ token: Poller.Token) -> Socket? {
        let place = Int(token.descriptor)
        guard sockets.indices.contains(place), sockets[place].generation == token.generation else { return nil }
        return sockets[place]
    }

    private func token(_ descriptor: Int32) -> Poller.Token {
        Poller.Token(descriptor: descriptor, generation: sockets[Int(descriptor)].generation)
    }

    private mutating func forget(_ descriptor: Int32) {
        let socket = sockets[Int(descriptor)]
        if let counted = socket.counted {
            counted._withUnsafeGuaranteedRef { $0.closed(wasBusy: socket.wanted != 0) }
            counted.release()
        }
        sockets[Int(descriptor)] = Socket(generation: socket.generation &+ 1)
    }

    private mutating func makeRoom(for descriptor: Int32) {
        while sockets.count <= Int(descriptor) { sockets.append(Socket()) }
    }
}
