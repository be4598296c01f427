// The event loops with their connections, and the limit over all of them.

internal import Configuration
internal import NIOCore
internal import Pipeline

struct EdgeLoops: Sendable {
    private let loops: [(eventLoop: any EventLoop, connections: NIOLoopBound<LoopConnections>)]
    let admission: Admission

    init(_ group: any EventLoopGroup, settings: EdgeSettings) async throws {
        let admission = Admission(limit: settings.limits.connections)
        var loops: [(any EventLoop, NIOLoopBound<LoopConnections>)] = []
        for loop in group.makeIterator() {
            let connections = try await loop.submit {
                NIOLoopBound(LoopConnections(eventLoop: loop, settings: settings), eventLoop: loop)
            }.get()
            loops.append((loop, connections))
        }
        self.loops = loops
        self.admission = admission
    }

    /// Makes an accepted channel a connection. Called on the channel's loop, before it is active.
    func welcome(_ channel: any Channel, at entrance: Entrance) -> EventLoopFuture<Void> {
        guard let own = loops.first(where: { $0.eventLoop === channel.eventLoop })?.connections,
            own.value.phase != .draining
        else { return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        let isWithinLimit = admission.take()
        if isWithinLimit || own.value.closeOldestIdle() {
            return channel.eventLoop.makeCompletedFuture { try serve(channel, at: entrance, in: own.value) }
        }
        return closeOldestIdle(besides: channel.eventLoop).flatMapThrowing { hasClosed in
            guard !hasClosed else { return try serve(channel, at: entrance, in: own.value) }
            admission.giveBack()
            try Self.turnAway(channel, at: entrance, in: own.value)
        }
    }

    /// New connections begin by `settings`. Returns when all do.
    func serve(by settings: EdgeSettings) async throws {
        admission.keep(to: settings.limits.connections)
        let changed = loops.map { loop in loop.eventLoop.submit { loop.connections.value.settings = settings } }
        for loop in changed { try await loop.get() }
    }

    /// Closes the connections that came through `entrance`, busy ones after their answer, all of them after `time`.
    func retire(_ entrance: Entrance, within time: Duration) {
        for loop in loops { loop.eventLoop.execute { loop.connections.value.retire(entrance, within: time) } }
    }

    /// From now on each answer is the last of its connection.
    func beginEnding() async throws {
        let begun = loops.map { loop in loop.eventLoop.submit { loop.connections.value.beginEnding() } }
        for loop in begun { try await loop.get() }
    }

    /// Ends when no connection is left. Returns how many requests were cut.
    func drain(within time: Duration) async throws -> Int {
        let drained = loops.map { loop in loop.eventLoop.flatSubmit { loop.connections.value.drain(within: time) } }
        var cut = 0
        for loop in drained { cut += try await loop.get() }
        return cut
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

    private func serve(_ channel: any Channel, at entrance: Entrance, in loop: LoopConnections) throws {
        // By the channel, not by a handler: whatever goes wrong before there is a connection, the count is right.
        channel.closeFuture.whenComplete { [admission] _ in admission.giveBack() }
        let peer = try entrance.open(channel)
        try channel.pipeline.syncOperations.addHandler(ProtocolChoice(in: loop, peer: peer))
    }

    private static func turnAway(_ channel: any Channel, at entrance: Entrance, in loop: LoopConnections) throws {
        // Nor must a handshake be spent on somebody who is not let in, nor the PROXY protocol be answered by HTTP.
        guard !loop.isCrowded, entrance.isPlain else { throw ChannelError.ioOnClosedChannel }
        let connection = Connection(turnedAwayFrom: loop, peer: entrance.peer(of: channel))
        try channel.pipeline.syncOperations.addHandler(connection)
    }
}
