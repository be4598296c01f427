// A connection without a socket: bytes go in piece by piece, what the gateway was asked and what the client got comes out.

import Configuration
import NIOCore
import NIOEmbedded
import Pipeline

@testable import Edge

/// What became of all the bytes a client sent.
struct Transcript: Equatable {
    /// Method and path of each request that was handed over; `refused` where it was refused.
    var requests: [String] = []
    /// What the client got, without what depends on the moment.
    var output = ""
    var isClosed = false
}

/// Answers each request at once, with its path.
private final class EchoingHandler: RequestHandler, @unchecked Sendable {
    // Used on the one thread there is.
    var requests: [String] = []

    func handle(_ request: Request, for recipient: any ResponseRecipient) -> any Exchange {
        requests.append(request.refused == nil ? "\(request.method.name) \(request.path)" : "refused")
        recipient.receive(request.refused.map { Response(refusing: $0) } ?? Response(echoing: request))
        return Nothing()
    }

    private struct Nothing: Exchange {
        func cancel() {}
    }
}

enum FuzzedEdge {
    /// A new connection of which nothing is known: its first bytes decide which protocol it speaks.
    static func run(_ pieces: [ArraySlice<UInt8>], _ limits: LimitSettings) throws -> Transcript {
        let handler = EchoingHandler()
        let settings = EdgeSettings(
            limits: limits, timeouts: ServerTimeouts(), closing: ClosingTimes(), handler: handler)
        let eventLoop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(loop: eventLoop)
        let loop = LoopConnections(eventLoop: eventLoop, settings: settings)
        let peer = Peer(channel, scheme: .http, trusted: TrustedProxies([]))
        try channel.pipeline.syncOperations.addHandler(ProtocolChoice(in: loop, peer: peer))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        for piece in pieces where channel.isActive && !piece.isEmpty {
            try channel.writeInbound(ByteBuffer(bytes: piece))
            eventLoop.run()
        }
        var transcript = Transcript(requests: handler.requests, isClosed: !channel.isActive)
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
            transcript.output += String(decoding: bytes.readableBytesView, as: UTF8.self)
        }
        // A client whose body is there already is not told to send it; ids are made up; time goes by.
        transcript.output = transcript.output.replacing("HTTP/1.1 100 Continue\r\n\r\n", with: "")
            .replacing(/(X-Request-Id|Date): [^\r]*\r\n/, with: "")
        if channel.isActive { _ = try channel.finish(acceptAlreadyClosed: true) }
        return transcript
    }
}
