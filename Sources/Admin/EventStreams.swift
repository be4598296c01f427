// Server-sent events (HTML, section 9.2) for the open pages: one document a second, made once for all of them.

internal import Pipeline
internal import Synchronization

/// The streams that are open. One task makes what they get, for as long as there are any.
final class EventStreams: Sendable {
    /// Pages open at once. More are refused, and ask again.
    static let most = 16
    private static let pause = Duration.seconds(1)

    private struct State {
        var streams: [Int: any OpenAnswer] = [:]
        var next = 0
        var isOver = false
        var task: Task<Void, Never>?
    }

    private let state = Mutex(State())
    /// The state of the gateway as JSON on one line.
    private let document: @Sendable () async -> [UInt8]

    init(document: @escaping @Sendable () async -> [UInt8]) { self.document = document }

    static let fields = [
        Response.Field("Content-Type", "text/event-stream"),
        // Proxies in between must not wait for more.
        Response.Field("X-Accel-Buffering", "no"),
    ]

    /// Opens a stream for whoever asks. Nil: there are as many as may be, it is over, or its protocol has no streams.
    func open(for recipient: any ResponseRecipient) -> (any Exchange)? {
        let number: Int? = state.withLock { state in
            guard !state.isOver, state.streams.count < Self.most,
                let answer = recipient.open(Response(status: 200, fields: Self.fields + Answered.fields))
            else { return nil }
            state.next += 1
            state.streams[state.next] = answer
            answer.send(Array("retry: 2000\n\n".utf8))
            if state.task == nil { state.task = Task { [weak self] in await self?.run() } }
            return state.next
        }
        return number.map { OpenStream($0, of: self) }
    }

    /// Streams that are open.
    var count: Int { state.withLock(\.streams.count) }

    /// Ends all streams; no further one begins.
    func end() {
        let streams = state.withLock { state in
            state.isOver = true
            state.task?.cancel()
            defer { state.streams = [:] }
            return state.streams.values
        }
        for stream in streams { stream.end() }
    }

    fileprivate func close(_ number: Int) {
        state.withLock { _ = $0.streams.removeValue(forKey: number) }
    }

    /// Until nobody looks any more.
    private func run() async {
        while let streams = current() {
            let event = Array("event: state\ndata: ".utf8) + (await document()) + Array("\n\n".utf8)
            for stream in streams { stream.send(event) }
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    private func current() -> [any OpenAnswer]? {
        state.withLock { state in
            guard !state.streams.isEmpty else {
                state.task = nil
                return nil
            }
            return Array(state.streams.values)
        }
    }
}

/// One page's stream. Its client may leave.
private final class OpenStream: Exchange {
    private let number: Int
    private let streams: EventStreams

    init(_ number: Int, of streams: EventStreams) {
        self.number = number
        self.streams = streams
    }

    func cancel() { streams.close(number) }
}
