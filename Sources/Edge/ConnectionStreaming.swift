// An answer that goes on until somebody ends it: server-sent events for the operator's page. Its length is not known, so it
// ends with its connection; HTTP/1.0 clients understand that, too.

internal import NIOCore
internal import Pipeline

extension Connection {
    /// On the loop, with the head of the answer to the request in progress.
    func open(_ head: Response) {
        guard case .answering = phase else { return }
        closesAfterAnswer = true
        // It may take as long as it takes; the client is left when it does not take what there is.
        setDue(nil)
        write(head, framing: ResponseFraming(omitsBody: true, isOpen: true, ending: .close))
        guard !answersHead, case .answering = phase else { return finish() }
        phase = .streaming
    }

    /// The next piece. A client that has not taken the last one by now is not waited for.
    func send(_ bytes: [UInt8]) {
        guard case .streaming = phase, let context else { return }
        guard context.channel.isWritable else { return close() }
        write(ByteBuffer(bytes: bytes))
    }

    func endOpenAnswer() {
        guard case .streaming = phase, let context else { return }
        exchange = nil
        if context.channel.isWritable { finish() } else { close() }
    }
}
