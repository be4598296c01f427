// The way back for the answer to one stream's request.

internal import NIOCore
internal import Pipeline
internal import Synchronization

/// What the recipients of one connection share: whether it is gone.
final class ConnectionLife: Sendable {
    private let isOver = Atomic<Bool>(false)

    /// After it answers need not hop, and the loop may be gone.
    func end() { isOver.store(true, ordering: .relaxed) }

    var isGone: Bool { isOver.load(ordering: .relaxed) }
}

/// Hops from the thread that answers to the connection's loop.
final class StreamRecipient: ResponseRecipient {
    private let eventLoop: any EventLoop
    private let connection: NIOLoopBound<HTTP2Connection>
    private let life: ConnectionLife
    private let stream: Int32

    /// To be called on `eventLoop`.
    init(_ connection: HTTP2Connection, life: ConnectionLife, stream: Int32, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
        self.life = life
        self.stream = stream
    }

    func receive(_ response: Response) {
        guard !life.isGone else { return }
        eventLoop.execute { self.connection.value.answer(response, on: self.stream) }
    }

    func release() {
        guard !life.isGone else { return }
        eventLoop.execute { self.connection.value.released(self.stream) }
    }
}
