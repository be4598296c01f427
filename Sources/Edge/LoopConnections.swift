// The connections of one event loop, and what they share because only one of them runs at a time.

internal import NIOCore
internal import Pipeline

/// What a loop asks of a connection, whatever protocol it speaks.
protocol LoopMember: AnyObject {
    /// Who is at the other end, and the way it came.
    var peer: Peer { get }

    /// How many requests are in progress, their answers not written to the last byte.
    var unanswered: Int { get }

    /// The loop's phase has become `ending`, or the way it came is closed: the client is to be told, as far as its protocol has a word for that between
    /// answers.
    func beginEnding()

    /// The loop's phase has become `draining`.
    func beginDraining()

    /// The time of a drain is over: what is in progress gets its answer at once, or closes.
    func giveUp()

    /// Closes at once; requests in progress are cancelled.
    func close()
}

extension LoopMember {
    /// Protocols without a word for it between answers do nothing.
    func beginDraining() {}
}

/// Used on its loop only.
final class LoopConnections {
    /// How welcome connections are.
    enum Phase {
        /// Connections stay for further requests. Becomes ending, or draining.
        case serving
        /// New connections are still welcome, but each answer is the last of its connection. Becomes draining.
        case ending
        /// No new connections. What runs is answered, and what a client sent before it could know.
        case draining
    }

    let eventLoop: any EventLoop
    /// What new connections begin by.
    var settings: EdgeSettings
    private var members: [(any LoopMember)?] = []
    private var freeSlots: [Int] = []
    private var idle = IdleOrder()
    private(set) var phase: Phase
    private var waitingForTheLast: [EventLoopPromise<Int>] = []
    /// Requests that were in progress when the time of the drain was over.
    private var cut = 0
    private var clock = HTTPDate()
    /// libnghttp2's part of what sessions share; made when the first client speaks HTTP/2.
    private(set) lazy var sessionKind = SessionKind()
    private var random = FastRandom()
    /// Where answers are laid out; once written it is ours alone again, so an answer costs no allocation.
    private var scratch = ByteBuffer()
    /// An answer larger than this is not kept room for.
    private static let largestScratch = 256 * 1024

    init(eventLoop: any EventLoop, settings: EdgeSettings, phase: Phase = .serving) {
        self.eventLoop = eventLoop
        self.settings = settings
        self.phase = phase
    }

    /// How many there are.
    var count: Int { members.count - freeSlots.count }

    /// Takes a new connection and says by which number it goes.
    func add(_ connection: any LoopMember) -> Int {
        if let slot = freeSlots.popLast() {
            members[slot] = connection
            return slot
        }
        members.append(connection)
        return members.count - 1
    }

    /// Another handler speaks for the connection from now on.
    func replace(_ slot: Int, by connection: any LoopMember) {
        becameBusy(slot)
        members[slot] = connection
    }

    func remove(_ slot: Int) {
        becameBusy(slot)
        members[slot] = nil
        freeSlots.append(slot)
        guard freeSlots.count == members.count else { return }
        for promise in waitingForTheLast { promise.succeed(cut) }
        waitingForTheLast = []
    }

    func becameIdle(_ slot: Int) { idle.append(slot) }

    func becameBusy(_ slot: Int) { idle.remove(slot) }

    func isIdle(_ slot: Int) -> Bool { idle.contains(slot) }

    /// Closes the connection that has been idle longest. Returns whether there was one.
    func closeOldestIdle() -> Bool {
        guard let slot = idle.oldest else { return false }
        idle.remove(slot)
        members[slot]?.close()
        return true
    }

    /// From now on each answer is the last of its connection.
    func beginEnding() {
        guard phase == .serving else { return }
        phase = .ending
        for member in members { member?.beginEnding() }
    }

    /// Closes connections after their answer, idle ones as soon as nothing can be under way to them any more. After `time`
    /// what is left is given up. The result is there when no connection is left: how many requests were given up.
    func drain(within time: Duration) -> EventLoopFuture<Int> {
        beginEnding()
        phase = .draining
        for member in members { member?.beginDraining() }
        guard freeSlots.count < members.count else { return eventLoop.makeSucceededFuture(0) }
        let last = eventLoop.makePromise(of: Int.self)
        waitingForTheLast.append(last)
        let own = eventLoop.assumeIsolated()
        let grace = own.scheduleTask(in: TimeAmount(min(time, settings.closing.lastRequest))) {
            while self.closeOldestIdle() {}
        }
        let giveUp = own.scheduleTask(in: TimeAmount(time)) { self.giveUp() }
        let end = own.scheduleTask(in: TimeAmount(time + settings.closing.lastWord)) {
            for member in self.members { member?.close() }
        }
        last.futureResult.assumeIsolated().whenComplete { _ in
            for task in [grace, giveUp, end] { task.cancel() }
        }
        return last.futureResult
    }

    /// Closes the connections that came through `entrance`, which is closed, as `drain` closes all.
    func retire(_ entrance: Entrance, within time: Duration) {
        for member in members(of: entrance) { member.beginEnding() }
        let own = eventLoop.assumeIsolated()
        own.scheduleTask(in: TimeAmount(min(time, settings.closing.lastRequest))) {
            for (slot, member) in self.members.enumerated() where self.idle.contains(slot) {
                if member?.peer.entrance === entrance { member?.close() }
            }
        }
        own.scheduleTask(in: TimeAmount(time)) { for member in self.members(of: entrance) { member.giveUp() } }
        own.scheduleTask(in: TimeAmount(time + settings.closing.lastWord)) {
            for member in self.members(of: entrance) { member.close() }
        }
    }

    private func members(of entrance: Entrance) -> [any LoopMember] {
        members.compactMap { $0 }.filter { $0.peer.entrance === entrance }
    }

    private func giveUp() {
        for member in members { cut += member?.unanswered ?? 0 }
        for member in members { member?.giveUp() }
    }

    func makeRequestID() -> String { RequestID.make(using: &random) }

    /// The bytes of a response, to be written before the next are asked for.
    func bytes(of response: Response, framing: ResponseFraming) -> ByteBuffer {
        clock.refresh()
        return bytes { $0.write(response, framing: framing, date: clock) }
    }

    /// The value of `Date`.
    var date: ArraySlice<UInt8> {
        clock.refresh()
        return clock.value
    }

    /// What `write` lays out, to be written before the next is asked for.
    func bytes(_ write: (inout ByteBuffer) -> Void) -> ByteBuffer {
        if scratch.capacity > Self.largestScratch { scratch = ByteBuffer() }
        scratch.clear()
        write(&scratch)
        return scratch
    }
}
