// Sequences of frames, right and wrong, and what comes of each; after each, another client is served as if nothing had
// happened. What is expected is what RFC 9113 names, as strictly as it does.

import Pipeline
import Testing

@testable import Edge

/// What a client sends behind its hello, and what comes of it.
struct FrameCase: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable, Equatable {
        /// The request on a stream is answered with a status.
        case answer(Int32, Int)
        case reset(Int32, ErrorCode)
        /// GOAWAY with this code, and the connection is closed.
        case ended(ErrorCode)
        case closed
        /// Nothing: the connection goes on.
        case alive
    }

    let name: String
    let bytes: [UInt8]
    let outcome: Outcome
    var hello = Wire.hello

    init(_ name: String, _ frames: [[UInt8]], _ outcome: Outcome) {
        self.name = name
        bytes = frames.flatMap { $0 }
        self.outcome = outcome
    }

    /// Without the hello.
    init(_ name: String, insteadOfHello bytes: [UInt8], _ outcome: Outcome) {
        self.name = name
        self.bytes = []
        self.outcome = outcome
        hello = bytes
    }

    var testDescription: String { name }
}

@Suite struct FrameSequenceTests {
    @Test(arguments: FrameCase.frames + FrameCase.streams + FrameCase.messages + FrameCase.limits + FrameCase.floods)
    func `comes to what it should, and harms nobody else`(_ sequence: FrameCase) async throws {
        let handler = ScriptedHandler { $0.path == "/held" ? nil : Response(echoing: $0) }
        try await withEdge(handler) { edge in
            let client = try HTTP2Client(edge, hello: sequence.hello)
            try client.send(sequence.bytes)
            let outcome = try outcome(of: sequence, client)
            let begun = ContinuousClock.now
            let other = try edge.client()
            try other.send(get("/other"))
            let reply = try other.reply()

            #expect(outcome == sequence.outcome)
            #expect(reply.status == 200)
            #expect(begun.duration(to: .now) < .seconds(1))
        }
    }

    @Test(arguments: FrameCase.frames + FrameCase.streams + FrameCase.messages)
    func `comes to the same when its bytes come in two pieces`(_ sequence: FrameCase) async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try HTTP2Client(edge, hello: sequence.hello)
            // In the middle of a frame's header, mostly.
            let cut = min(4, sequence.bytes.count)
            try client.send(Array(sequence.bytes[..<cut]))
            try client.send(Array(sequence.bytes[cut...]))

            #expect(try outcome(of: sequence, client) == sequence.outcome)
        }
    }

    private func outcome(of sequence: FrameCase, _ client: HTTP2Client) throws -> FrameCase.Outcome {
        var answered: Int32?
        if case .answer(let stream, _) = sequence.outcome { answered = stream }
        // Acknowledgements overtake other frames; but what was said before the first is there before the second is.
        if answered == nil { client.sendIfOpen(Wire.ping(1)) }
        var reset: FrameCase.Outcome?
        while true {
            switch try client.next() {
            case .head(let stream, let status, _) where status >= 200 && stream == answered:
                return .answer(stream, status)
            case .reset(let stream, let code):
                let seen = FrameCase.Outcome.reset(stream, code ?? .internalError)
                if seen == sequence.outcome || stream == answered { return seen }
                reset = reset ?? seen
            case .goAway(_, let code):
                guard try client.first({ _ in false }) == .end else { return .alive }
                return .ended(code ?? .internalError)
            case .pinged(1): client.sendIfOpen(Wire.ping(2))
            case .pinged(2): return reset ?? .alive
            case .end: return .closed
            default: continue
            }
        }
    }
}
