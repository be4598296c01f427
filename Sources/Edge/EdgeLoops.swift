// The event loops with their connections, and the limit over all of them.

internal import Configuration
internal import NIOCore
internal import Pipeline

struct EdgeLoops: Sendable {
    private struct Loop: Sendable {
        let eventLoop: any EventLoop
        let connections: NIOLoopBound<LoopConnections>
        /// Those that are too many, and here only to be told so.
        let turnedAway: NIOLoopBound<LoopConnections>
    }

    private let loops: [Loop]
    let admission: Admission

    init(_ group: any EventLoopGroup, settings: EdgeSettings) async throws {
        let admission = Admission(limit: settings.limits.connections)
        let turningAway = EdgeSettings(turningAwayUnder: settings)
        var loops: [Loop] = []
        for loop in group.makeIterator() {
            loops.append(
                try await loop.submit {
                    let connections = LoopConnections(eventLoop: loop, settings: settings)
                    // Draining from the start: the first answer is the last.
                    let turnedAway = LoopConnections(eventLoop: loop, settings: turningAway, phase: .draining)
                    return Loop(
                        eventLoop: loop, connections: NIOLoopBound(connections, eventLoop: loop),
                        turnedAway: NIOLoopBound(turnedAway, eventLoop: loop))
                }.get())
        }
        self.loops = loops
        self.admission = admission
    }

    /// Each loop tells one of `lags` how late it is, from now on.
    func tell(_ lags: [LoopLag]) {
        for (loop, lag) in zip(loops, lags) { LagWatch.begin(on: loop.eventLoop, telling: lag) }
    }

    /// Makes an accepted channel a connection. Called on the channel's loop, before it is active.
    func welcome(_ channel: any Channel, at entrance: Entrance) -> EventLoopFuture<Void> {
        guard let own = loops.first(where: { $0.eventLoop === channel.eventLoop }),
            own.connections.value.phase != .draining
        else { return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        let isWithinLimit = admission.take()
        if isWithinLimit || own.connections.value.closeOldestIdle() {
            return channel.eventLoop.makeCompletedFuture { try serve(channel, at: entrance, in: own.connections.value) }
        }
        return closeOldestIdle(besides: channel.eventLoop).flatMapThrowing { hasClosed in
            guard !hasClosed else { return try serve(channel, at: entrance, in: own.connections.value) }
            admission.giveBack()
            try Self.turnAway(channel, at: entrance, in: own.turnedAway.value)
        }
    }

    /// Returns when what is being accepted has become a connection.
    func settle() async throws {
        for loop in loops { try await loop.eventLoop.submit {}.get() }
    }

    /// New connections begin by `settings`. Returns when all do.
    func serve(by settings: EdgeSettings) async throws {
        admission.keep(to: settings.limits.connections)
        let turningAway = EdgeSettings(turningAwayUnder: settings)
        let changed = loops.map { loop in
            loop.eventLoop.submit {
                loop.connections.value.settings = settings
                loop.turnedAway.value.settings = turningAway
            }
        }
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
        let drained = loops.map { loop in
            loop.eventLoop.flatSubmit {
                // Who is turned away has nothing in progress that could be cut.
                loop.connections.value.drain(within: time).and(loop.turnedAway.value.drain(within: .zero)).map(\.0)
            }
        }
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
        // Other loops may have been asked for room since it was accepted. An entrance is closed before its connections are
        // told to end: so either this one is told, or it is seen here.
        guard !entrance.isClosed else { throw ChannelError.ioOnClosedChannel }
        let peer = try entrance.open(channel)
        try channel.pipeline.syncOperations.addHandler(ProtocolChoice(in: loop, peer: peer))
    }

    private static func turnAway(_ channel: any Channel, at entrance: Entrance, in loop: LoopConnections) throws {
        guard loop.count < entrance.mostTurnedAway else { throw ChannelError.ioOnClosedChannel }
        let peer = try entrance.open(channel)
        try channel.pipeline.syncOperations.addHandler(ProtocolChoice(in: loop, peer: peer))
    }
}
