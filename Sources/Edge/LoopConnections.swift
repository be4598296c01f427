// The connections of one event loop, and what they share because only one of them runs at a time.

internal import NIOCore
internal import Pipeline

/// Used on its loop only.
final class LoopConnections {
    let eventLoop: any EventLoop
    let settings: EdgeSettings
    private var members: [Connection?] = []
    private var freeSlots: [Int] = []
    private var idle = IdleOrder()
    private var turnedAway = 0
    private(set) var isDraining = false
    private var waitingForTheLast: [EventLoopPromise<Void>] = []
    private var date = HTTPDate()
    private var random = FastRandom()
    /// Where answers are laid out; once written it is ours alone again, so an answer costs no allocation.
    private var scratch = ByteBuffer()
    /// An answer larger than this is not kept room for.
    private static let largestScratch = 256 * 1024

    init(eventLoop: any EventLoop, settings: EdgeSettings) {
        self.eventLoop = eventLoop
        self.settings = settings
    }

    /// Whether so many connections are being told that they are too many that the next is closed without a word: the
    /// courtesy must not cost what the limit saves.
    var isCrowded: Bool { turnedAway >= 64 }

    /// Takes a new connection and says by which number it goes.
    ///
    /// - Parameter isTurnedAway: whether the connection is one too many, and here only to be told so.
    func add(_ connection: Connection, isTurnedAway: Bool) -> Int {
        if isTurnedAway { turnedAway += 1 }
        if let slot = freeSlots.popLast() {
            members[slot] = connection
            return slot
        }
        members.append(connection)
        return members.count - 1
    }

    func remove(_ slot: Int, isTurnedAway: Bool) {
        becameBusy(slot)
        members[slot] = nil
        freeSlots.append(slot)
        if isTurnedAway { turnedAway -= 1 }
        guard freeSlots.count == members.count else { return }
        for promise in waitingForTheLast { promise.succeed() }
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

    /// Closes idle connections at once, the others after their answer, the rest after `time`. The result is there when
    /// none is left.
    func drain(within time: Duration) -> EventLoopFuture<Void> {
        isDraining = true
        while closeOldestIdle() {}
        guard freeSlots.count < members.count else { return eventLoop.makeSucceededVoidFuture() }
        let last = eventLoop.makePromise(of: Void.self)
        waitingForTheLast.append(last)
        let end = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { self.closeAll() }
        last.futureResult.assumeIsolated().whenComplete { _ in end.cancel() }
        return last.futureResult
    }

    private func closeAll() {
        for member in members { member?.close() }
    }

    func makeRequestID() -> String { RequestID.make(using: &random) }

    /// The bytes of a response, to be written before the next are asked for.
    func bytes(of response: Response, framing: ResponseFraming) -> ByteBuffer {
        date.refresh()
        if scratch.capacity > Self.largestScratch { scratch = ByteBuffer() }
        scratch.clear()
        scratch.write(response, framing: framing, date: date)
        return scratch
    }
}
