// The way back: an answer hops from the thread that made it to its connection's loop.

internal import NIOCore
internal import Pipeline
internal import Synchronization

/// Made once a connection, since only one of its requests is in progress at a time, and since after a cancelled one there
/// is no other.
final class Recipient: ResponseRecipient {
    private let eventLoop: any EventLoop
    private let connection: NIOLoopBound<Connection>
    /// Set when the connection has ended: then answers need not hop, and the loop may be gone.
    private let isGone = Atomic<Bool>(false)

    /// To be called on `eventLoop`.
    init(_ connection: Connection, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
    }

    func receive(_ response: Response) {
        guard !isGone.load(ordering: .relaxed) else { return }
        eventLoop.execute { self.connection.value.answer(response) }
    }

    func open(_ head: Response) -> (any OpenAnswer)? {
        guard !isGone.load(ordering: .relaxed) else { return nil }
        eventLoop.execute { self.connection.value.open(head) }
        return self
    }

    /// The connection has ended: nothing waits for the place.
    func release() {}

    func leave() {
        isGone.store(true, ordering: .relaxed)
    }
}

extension Recipient: OpenAnswer {
    func send(_ bytes: [UInt8]) {
        guard !isGone.load(ordering: .relaxed) else { return }
        eventLoop.execute { self.connection.value.send(bytes) }
    }

    func end() {
        guard !isGone.load(ordering: .relaxed) else { return }
        eventLoop.execute { self.connection.value.endOpenAnswer() }
    }
}
