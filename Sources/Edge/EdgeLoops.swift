// The event loops with their connections, and the limit over all of them.

internal import Configuration
internal import NIOCore

struct EdgeLoops: Sendable {
    private let loops: [(eventLoop: any EventLoop, connections: NIOLoopBound<LoopConnections>)]
    let admission: Admission

    init(_ group: any EventLoopGroup, settings: EdgeSettings) async throws {
        let admission = Admission(limit: settings.limits.connections)
        var loops: [(any EventLoop, NIOLoopBound<LoopConnections>)] = []
        for loop in group.makeIterator() {
            let connections = try await loop.submit {
                NIOLoopBound(
                    LoopConnections(eventLoop: loop, settings: settings, admission: admission), eventLoop: loop)
            }.get()
            loops.append((loop, connections))
        }
        self.loops = loops
        self.admission = admission
    }

    /// Makes an accepted channel a connection. Called on the channel's loop, before it is active.
    func welcome(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let own = loops.first(where: { $0.eventLoop === channel.eventLoop })?.connections,
            !own.value.isDraining
        else { return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        let isWithinLimit = admission.take()
        if isWithinLimit || own.value.closeOldestIdle() {
            return channel.eventLoop.makeCompletedFuture { try Self.serve(channel, in: own.value) }
        }
        return closeOldestIdle(besides: channel.eventLoop).flatMapThrowing { hasClosed in
            guard !hasClosed else { return try Self.serve(channel, in: own.value) }
            admission.giveBack()
            try Self.turnAway(channel, in: own.value)
        }
    }

    /// Ends when no connection is left.
    func drain(within time: Duration) async throws {
        let drained = loops.map { loop in loop.eventLoop.flatSubmit { loop.connections.value.drain(within: time) } }
        for loop in drained { try await loop.get() }
    }

    /// Asks the other loops one after the other. The result is on `eventLoop`.
    private func closeOldestIdle(besides eventLoop: any EventLoop) -> EventLoopFuture<Bool> {
        loops.filter { $0.eventLoop !== eventLoop }.reduce(eventLoop.makeSucceededFuture(false)) { earlier, loop in
            earlier.flatMap { hasClosed in
                guard !hasClosed else { return eventLoop.makeSucceededFuture(true) }
                return loop.eventLoop.submit { loop.connections.value.closeOldestIdle() }.hop(to: eventLoop)
            }
        }
    }

    private static func serve(_ channel: any Channel, in loop: LoopConnections) throws {
        try channel.pipeline.syncOperations.addHandler(ProtocolChoice(in: loop, client: channel.clientAddress))
    }

    private static func turnAway(_ channel: any Channel, in loop: LoopConnections) throws {
        guard !loop.isCrowded else { throw ChannelError.ioOnClosedChannel }
        let connection = Connection(turnedAwayFrom: loop, client: channel.clientAddress)
        try channel.pipeline.syncOperations.addHandler(connection)
    }
}

extension Channel {
    /// Without port. An IPv4 client of a socket for both families is named as on one of its own.
    fileprivate var clientAddress: String {
        guard let address = remoteAddress?.ipAddress else { return "" }
        return address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }
}
